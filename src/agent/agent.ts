import { type Clock, type Instant, SECOND } from "../core/clock.ts";
import { type Decimal, ZERO } from "../core/decimal.ts";
import type { MandateError } from "../core/errors.ts";
import type { Decider } from "../deciders/decider.ts";
import type { Gateway, WalletId } from "../gateway/contract.ts";
import { GatewayError } from "../gateway/gateway-error.ts";
import type { Mandate } from "../mandate/terms.ts";
import { RpcError } from "../protocols/json-rpc.ts";
import type { Intent, Observation, Venue } from "../venues/venue.ts";
import { type CycleReport, runCycle } from "./cycle.ts";
import type { AgentEvent } from "./events.ts";
import { PriceHistory } from "./price-history.ts";
import { noSpans, type Spans } from "./spans.ts";
import type { WakeMemory } from "./wake-gate.ts";

export interface AgentParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly wallet: WalletId;
  readonly gateway: Gateway;
  readonly venue: Venue<I, S>;
  readonly decider: Decider<I, S>;
  readonly clock: Clock;
  /** Cycles to run; left out: until `signal` aborts. A cycle that an error cut short does not count. */
  readonly cycles?: number;
  readonly signal?: AbortSignal;
  readonly on?: (event: AgentEvent<I>) => void;
  readonly spans?: Spans;
  readonly dryRun?: boolean;
  /** Longest wait for one request's outcome, in milliseconds. Default 60 s. */
  readonly patience?: number;
}

export interface AgentReport {
  readonly cycles: number;
  readonly model_calls: number;
  /** Cycles that were decided without a call. */
  readonly model_calls_saved: number;
  readonly model_cost_usd: Decimal;
}

const FIRST_WAIT = SECOND;
const LONGEST_WAIT = 30 * SECOND;

/**
 * One agent's life: a cycle at the mandate's cadence, one at a time. When the gateway or the chain does not answer
 * it waits, longer each time, and begins again with settling what is open.
 *
 * @throws {GatewayError} LEASE_LOST and whatever else waiting does not mend.
 */
export async function runAgent<I extends Intent, S extends Observation>(parameters: AgentParameters<I, S>): Promise<AgentReport> {
  const { mandate, clock, cycles = Number.POSITIVE_INFINITY, signal, on = () => undefined } = parameters;
  const { spans = noSpans, dryRun = false, patience = 60 * SECOND } = parameters;
  let memory: WakeMemory | null = null;
  let report: AgentReport = { cycles: 0, model_calls: 0, model_calls_saved: 0, model_cost_usd: ZERO };
  const history = new PriceHistory();
  const asked = new Map<string, I>();
  let wait = FIRST_WAIT;
  let last = 0;
  while (report.cycles < cycles && !signal?.aborted) {
    const began = await clock.now();
    let next: Instant;
    try {
      const done: CycleReport<I> = await runCycle({ ...parameters, memory, history, asked, on, spans, dryRun, patience });
      memory = done.memory;
      last = done.cycle;
      wait = FIRST_WAIT;
      next = began + mandate.brief.every;
      report = {
        cycles: report.cycles + 1,
        model_calls: report.model_calls + done.model_calls,
        model_calls_saved: report.model_calls_saved + (done.decision === null ? 1 : 0),
        model_cost_usd: report.model_cost_usd.plus(done.model_cost_usd),
      };
    } catch (error) {
      if (!passes(error)) throw error;
      const now = await clock.now();
      next = now + wait;
      wait = Math.min(wait * 2, LONGEST_WAIT);
      on({ kind: "error", at: now, cycle: last, error, retryAt: next });
    }
    if (report.cycles < cycles && !signal?.aborted) await clock.sleep(next, signal);
  }
  return report;
}

/** Whether waiting may mend it. */
function passes(error: unknown): error is MandateError {
  if (error instanceof RpcError) return true;
  return error instanceof GatewayError && (error.code === "GATEWAY_UNREACHABLE" || error.code === "CHAIN_UNREACHABLE");
}
