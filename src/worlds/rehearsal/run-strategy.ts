import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Instant } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { codeOf } from "../../deciders/code/code-of.ts";
import { type LoadedCode, loadCode } from "../../deciders/code/load-code.ts";
import type { CodeAnswer, CodeContext, Decide } from "../../deciders/code/strategy-code.ts";
import type { Outcome } from "../../gateway/contract.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import { type EvmWorldOptions, type Funds, startEvmWorld } from "../anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { ScenarioStep } from "../market.ts";
import { DEFAULT_FUNDS } from "./default-funds.ts";
import { rehearse } from "./rehearse.ts";
import type { RehearsalReport } from "./report.ts";

export interface StrategyRunParameters {
  /** The strategy. Left out: the module that the mandate names under `code:`. */
  readonly decide?: Decide<EvmObservation>;
  /** The mandate whose limits hold, by its path. Left out: a shipped one with WETH, USDC, a vault and liquidity positions. */
  readonly file?: string;
  /** Default 5. */
  readonly cycles?: number;
  /** Time between cycles in milliseconds, in place of the mandate's. */
  readonly every?: number;
  /** What the wallet starts with. Default: 1 ETH, 0.4 WETH, 300 USDC. */
  readonly fund?: Funds;
  /** What happens to prices, and when. */
  readonly scenario?: readonly ScenarioStep[];
  /** Yearly volatility by token. Left out: prices stand still but for the scenario. */
  readonly volatility?: EvmWorldOptions["volatility"];
  /** Default 1. The same seed writes the same journal. */
  readonly seed?: number | string;
}

/** One time that the strategy was asked. `answer` is what it returned, before anything was made of it; null: it threw. */
export interface StrategyCall {
  readonly seen: EvmObservation;
  readonly answer: CodeAnswer | null;
}

/** What became of one intent. */
export interface StrategyAct {
  readonly at: Instant;
  readonly cycle: number;
  readonly intent: EvmIntent;
  readonly outcome: Outcome["kind"];
  /** Why it was refused. Empty: it was not. */
  readonly codes: readonly string[];
}

export interface StrategyRun {
  readonly report: RehearsalReport;
  readonly asked: readonly StrategyCall[];
  readonly acts: readonly StrategyAct[];
  /** What there is after the last cycle. */
  readonly end: EvmObservation;
}

const SHIPPED = join(import.meta.dirname, "..", "..", "..", "mandates", "vault-lp", "MANDATE.md");

/**
 * Runs a strategy in code against real contracts on a chain of its own, with a real gateway holding the mandate's limits. Nothing
 * is left behind. For tests:
 *
 * ```ts
 * const { acts, report } = await runStrategy({ decide, cycles: 3, scenario: [{ at: 60_000, asset: "WETH", change: "-0.1" }] });
 * ```
 *
 * @throws {MandateFileError} {@link CodeError} {@link UsageError} for a mandate of another venue.
 */
export async function runStrategy(parameters: StrategyRunParameters): Promise<StrategyRun> {
  const { file = SHIPPED, cycles = 5, every, fund = DEFAULT_FUNDS, scenario, volatility, seed = 1 } = parameters;
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET, ...(parameters.decide ? {} : { decider: "code" }) });
  if (mandate.terms.venue !== "evm") {
    throw new UsageError(`${file} is a mandate of ${mandate.terms.venue}`, {
      remedy: "Rehearse it: rehearse({ file, strategy: decide, … }) runs strategies of every venue.",
    });
  }
  const code = parameters.decide ? codeOf(parameters.decide) : await loadCode(mandate.brief);
  const asked: StrategyCall[] = [];
  const acts: StrategyAct[] = [];
  const home = mkdtempSync(join(tmpdir(), "mandate-strategy-"));
  const world = await startEvmWorld({
    seed,
    fund: { [REHEARSAL_WALLET]: fund },
    volatility: volatility ?? { WETH: 0, GOV: 0 },
    ...(scenario ? { scenario } : {}),
  });
  try {
    const report = await rehearse({
      file,
      home,
      seed,
      cycles,
      version: "0.0.0",
      world,
      strategy: watched(code, asked),
      ...(every === undefined ? {} : { every }),
      on: (event) => {
        if (event.kind !== "done" && event.kind !== "refused") return;
        const { at, cycle } = event;
        const intent = event.intent as EvmIntent;
        if (event.kind === "done") acts.push({ at, cycle, intent, outcome: event.outcome.kind, codes: [] });
        else acts.push({ at, cycle, intent, outcome: "refused", codes: codesOf(event.verdict) });
      },
    });
    return { report, asked, acts, end: await look(mandate, world) };
  } finally {
    await world.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

type Refusal = Extract<Outcome, { kind: "refused" }>["verdict"];

function codesOf(verdict: Refusal): readonly string[] {
  return (verdict.kind === "deny" ? verdict.violations : verdict.because).map(({ code }) => code);
}

function look(
  mandate: Parameters<typeof evmVenue>[0]["mandate"],
  { url, clock }: { readonly url: string; readonly clock: Clock },
): Promise<EvmObservation> {
  const chains = Object.keys(mandate.terms.book.chains);
  return evmVenue({ mandate, rpcs: Object.fromEntries(chains.map((chain) => [chain, rpcClient(url)])), clock }).observe();
}

/** The same strategy; what it is asked and what it answers is kept. */
function watched(code: LoadedCode, asked: StrategyCall[]): LoadedCode {
  return {
    ...code,
    async decide(seen, context) {
      const place = asked.push({ seen: seen as EvmObservation, answer: null }) - 1;
      const answer = (await code.decide(seen, context as CodeContext)) as CodeAnswer;
      asked[place] = { seen: seen as EvmObservation, answer };
      return answer;
    },
  };
}
