import { type Clock, type Instant, SECOND } from "../core/clock.ts";
import { type Decimal, ZERO } from "../core/decimal.ts";
import { type Random, seededRandom } from "../core/random.ts";
import type { Decider } from "../deciders/decider.ts";
import type { Gateway, WalletId } from "../gateway/contract.ts";
import type { Mandate } from "../mandate/terms.ts";
import type { Intent, Observation, Venue } from "../venues/venue.ts";
import { type CycleReport, runCycle } from "./cycle.ts";
import type { AgentEvent } from "./events.ts";
import { cycleLine, eventLine, type LogLine } from "./log-lines.ts";
import { isPassing } from "./passing-error.ts";
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
  /** Chance for the waits after errors, so that agents that failed together do not come back together. */
  readonly random?: Random;
  /** Hears, as lines of a log, of each cycle that ended, of orders, retries and model calls. */
  readonly log?: (line: LogLine) => void;
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
  const { mandate, clock, cycles = Number.POSITIVE_INFINITY, signal, log } = parameters;
  const on = (event: AgentEvent<I>) => {
    parameters.on?.(event);
    const line = log && eventLine(event);
    if (line) log(line);
  };
  const { spans = noSpans, dryRun = false, patience = 60 * SECOND } = parameters;
  const { random = seededRandom(parameters.wallet) } = parameters;
  let memory: WakeMemory | null = null;
  let report: AgentReport = { cycles: 0, model_calls: 0, model_calls_saved: 0, model_cost_usd: ZERO };
  const history = new PriceHistory();
  const tried = new Set<string>();
  let wait = FIRST_WAIT;
  let last = 0;
  while (report.cycles < cycles && !signal?.aborted) {
    const began = await clock.now();
    let next: Instant;
    try {
      const done: CycleReport<I> = await runCycle({ ...parameters, memory, history, tried, on, spans, dryRun, patience });
      log?.(cycleLine(done));
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
      if (!isPassing(error)) throw error;
      const now = await clock.now();
      // By chance up to twice as long, in whole seconds: a chain knows no smaller ones.
      next = now + Math.round((wait * (1 + random.next())) / SECOND) * SECOND;
      wait = Math.min(wait * 2, LONGEST_WAIT);
      on({ kind: "error", at: now, cycle: last, error, retryAt: next });
    }
    if (report.cycles < cycles && !signal?.aborted) await clock.sleep(next, signal);
  }
  return report;
}
