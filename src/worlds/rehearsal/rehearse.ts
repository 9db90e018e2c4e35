import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAgent } from "../../agent/agent.ts";
import type { AgentEvent } from "../../agent/events.ts";
import type { LogLine } from "../../agent/log-lines.ts";
import { openLoop, wantsShell } from "../../agent/open-loop.ts";
import { noSpans, type Spans } from "../../agent/spans.ts";
import { type Clock, MINUTE } from "../../core/clock.ts";
import { seededRandom } from "../../core/random.ts";
import { codeDecider } from "../../deciders/code/code-decider.ts";
import { codeOf } from "../../deciders/code/code-of.ts";
import { type LoadedCode, loadCode } from "../../deciders/code/load-code.ts";
import type { Decide } from "../../deciders/code/strategy-code.ts";
import type { Decider } from "../../deciders/decider.ts";
import { structuredDecider } from "../../deciders/structured/structured.ts";
import { sealKeystore } from "../../gateway/keys/seal-keystore.ts";
import {
  createRehearsalOperatorKey,
  REHEARSAL_OPERATOR_KEY,
  readOperatorPublicKey,
} from "../../gateway/operator/operator-key.ts";
import { type SupervisedGateway, superviseGateway } from "../../gateway/serve/supervised-gateway.ts";
import type { ToolModel } from "../../llm/model-turn.ts";
import { resolveModels } from "../../llm/resolve-models.ts";
import type { BalanceRuleOptions } from "../../llm/scripted/balance-rule.ts";
import type { ModelScript } from "../../llm/scripted/model-script.ts";
import { scriptRule } from "../../llm/scripted/script-rule.ts";
import { shippedRule } from "../../llm/scripted/shipped-rule.ts";
import { startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import type { Turn } from "../../llm/scripted/turn.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Brief, Mandate } from "../../mandate/terms.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import type { Funds } from "../anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { ScenarioStep } from "../market.ts";
import type { MarketInput } from "../paper-exchange/open-market.ts";
import type { FaultConfig } from "../paper-exchange/server/faults.ts";
import { DEFAULT_FUNDS } from "./default-funds.ts";
import type { RehearsalWorld } from "./evm-stage.ts";
import { DEFAULT_PAPER_FUNDS } from "./rehearsal-account.ts";
import { RehearsalError } from "./rehearsal-error.ts";
import { type RehearsalReport, reportRehearsal } from "./report.ts";
import { RunRecord } from "./run-record.ts";
import type { AnyIntent, Stage } from "./stage.ts";

export interface RehearsalParameters {
  /** The mandate's path. */
  readonly file: string;
  /** Overrides the file's `network:`. */
  readonly network?: string;
  /** Overrides the file's `decider:`. */
  readonly decider?: Brief["decider"];
  /** A strategy in code of the program's own: it decides in place of what the file names. */
  readonly strategy?: Decide<never> | LoadedCode;
  /** Folder for the journal. Made; must not hold one. */
  readonly home: string;
  readonly seed: number | string;
  readonly cycles: number;
  /** Time between cycles in milliseconds, in place of the mandate's. */
  readonly every?: number;
  /** What the wallet starts with: tokens by symbol; at a paper exchange USDC in all, or perp and spot. */
  readonly fund?: Funds | Readonly<Record<string, string>>;
  readonly scenario?: readonly ScenarioStep[];
  /** A world to rehearse in, with the wallet funded; it is left running. Default: one of its own, by `seed`, `fund`, `scenario`. */
  readonly world?: RehearsalWorld;
  /** Where a paper exchange's prices come from. Left out: from the seed. */
  readonly market?: MarketInput;
  /** What goes wrong at a paper exchange. */
  readonly trouble?: Omit<FaultConfig, "seed">;
  /** Seconds of a paper exchange in each second of the machine. Left out: time passes as fast as it can. */
  readonly speed?: number;
  /** Asks a real model instead of the scripted one. */
  readonly model?: (clock: Clock, mandate: Mandate) => Promise<ToolModel>;
  /** How the scripted model behaves. */
  readonly script?: BalanceRuleOptions;
  /** What the scripted model says instead, where a rule of it speaks. */
  readonly mock?: ModelScript;
  /** What the scripted model does instead on chosen requests, counted from 1: an HTTP error, broken JSON, a refusal. */
  readonly faults?: Readonly<Record<number, Turn>>;
  /** Verdicts instead of signatures. */
  readonly dryRun?: boolean;
  /** False: an agent with tools has the typed ones alone. */
  readonly shell?: boolean;
  /** A crash point at which the gateway is killed once, "after-commit" or "after-commit:2". */
  readonly crashAt?: string;
  readonly version: string;
  readonly on?: (event: RehearsalEvent) => void;
  readonly spans?: Spans;
  /** Hears of cycles, orders, retries and model calls as lines of a log. */
  readonly log?: (line: LogLine) => void;
  readonly signal?: AbortSignal;
}

export type RehearsalEvent =
  | AgentEvent<AnyIntent>
  | {
      readonly kind: "world";
      /** "chain 31337", "a paper exchange". */
      readonly where: string;
      readonly chainId: number | null;
      readonly model: string;
      readonly scripted: boolean;
    }
  | { readonly kind: "crash"; readonly signal: string | null };

/** How often a market moves between two cycles, at most: a day of minutes is a day of minutes, a month of hours is quick. */
const MOVES_A_CYCLE = 12;

/**
 * Runs a mandate against a world of its own: real contracts on a local chain or a paper exchange, a gateway in a process
 * of its own with a throwaway key, and the same agent as live. The same parameters write the same journal, byte for byte.
 *
 * @throws {MandateFileError} {@link RehearsalError} {@link GatewayStartError}
 */
export async function rehearse(parameters: RehearsalParameters): Promise<RehearsalReport> {
  const { file, network } = parameters;
  const read = readMandate(file, { worldWallet: REHEARSAL_WALLET, network, decider: parameters.decider });
  if (!read.rehearsal) {
    throw new RehearsalError("NOT_A_WORLD", `${read.terms.network} is a real network`, {
      remedy:
        "Rehearse on a network whose chains or exchange are `world` (--network NAME), or go live with `mandate run FILE --live`.",
    });
  }
  const mandate = { ...read, brief: { ...read.brief, every: parameters.every ?? read.brief.every } };
  return mandate.terms.venue === "hyperliquid"
    ? playOn(await paperStage(mandate, parameters), mandate, parameters)
    : playOn(await contractStage(mandate, parameters), mandate, parameters);
}

async function paperStage(mandate: Mandate, { seed, fund = DEFAULT_PAPER_FUNDS, market, trouble, speed }: RehearsalParameters) {
  const [{ hyperliquidStage }, { hyperliquidScope }] = await Promise.all([
    import("./hyperliquid-stage.ts"),
    import("../../venues/hyperliquid/scope-of.ts"),
  ]);
  return hyperliquidStage({
    mandate,
    scope: hyperliquidScope(mandate),
    seed: String(seed),
    funds: fund,
    step: Math.max(MINUTE, Math.floor(mandate.brief.every / MOVES_A_CYCLE)),
    ...(market === undefined ? {} : { market }),
    ...(trouble === undefined ? {} : { faults: trouble }),
    ...(speed === undefined ? {} : { speed }),
  });
}

async function contractStage(mandate: Mandate, { seed, fund = DEFAULT_FUNDS, scenario, world }: RehearsalParameters) {
  const { evmStage } = await import("./evm-stage.ts");
  return evmStage({ mandate, seed, funds: fund, ...(scenario ? { scenario } : {}), ...(world ? { world } : {}) });
}

async function playOn<I extends AnyIntent & Intent, S extends Observation>(
  stage: Stage<I, S>,
  mandate: Mandate,
  parameters: RehearsalParameters,
): Promise<RehearsalReport> {
  const { file, network, home, cycles, on = () => undefined, spans = noSpans, signal } = parameters;
  const scratch = mkdtempSync(join(tmpdir(), "mandate-"));
  const undo: (() => Promise<void> | void)[] = [() => rmSync(scratch, { recursive: true, force: true }), () => stage.stop()];
  try {
    const { clock, venue } = stage;
    mkdirSync(home, { recursive: true });
    const keystore = join(scratch, "key.json");
    const password = "a rehearsal's key is worth nothing";
    writeFileSync(keystore, sealKeystore({ privateKey: stage.key, class: "rehearsal", password }), { mode: 0o600 });
    const owner = join(scratch, "owner.json");
    if (stage.owner)
      writeFileSync(owner, sealKeystore({ privateKey: stage.owner, class: "rehearsal", password }), { mode: 0o600 });
    const rpc = !parameters.dryRun && wantsShell(mandate, parameters.shell) ? join(scratch, "rpc.sock") : null;
    const gateway = await superviseGateway(
      {
        file,
        ...(network === undefined ? {} : { network }),
        home,
        socket: join(scratch, "gateway.sock"),
        keystore,
        password,
        ...(stage.owner ? { owner: { keystore: owner, password } } : {}),
        live: false,
        operatorKey: operatorOf(home),
        world: { url: stage.url, wallet: stage.account },
        ...(rpc === null || mandate.terms.venue !== "evm" ? {} : { rpc: { socket: rpc } }),
        ...(parameters.crashAt === undefined ? {} : { crashAt: parameters.crashAt }),
      },
      (signalName) => on({ kind: "crash", signal: signalName }),
    );
    undo.push(() => gateway.stop());
    const { decider, name, scripted, stopDecider } = await startDecider(mandate, stage, parameters, gateway, rpc);
    undo.push(stopDecider);
    const { where, chainId } = stage;
    on({ kind: "world", where, chainId, model: name, scripted });
    const before = await venue.observe();
    const record = new RunRecord();
    stage.begin?.();
    await runAgent({
      mandate,
      wallet: gateway.wallet,
      gateway,
      venue,
      decider,
      clock,
      random: seededRandom(`${parameters.seed} agent`),
      cycles,
      on: (event) => {
        record.hear(event);
        on(event);
      },
      spans,
      dryRun: parameters.dryRun ?? false,
      ...(parameters.log ? { log: parameters.log } : {}),
      ...(signal ? { signal } : {}),
    });
    // What was traded last shows only after it.
    if (stage.measure) await clock.sleep((await clock.now()) + mandate.brief.every, signal);
    const after = await venue.observe();
    record.look(after);
    await gateway.stop();
    const portfolio = (await stage.measure?.(record)) ?? null;
    const ran = { mandate, home, wallet: gateway.wallet, before, after, crashes: gateway.crashes, scripted, portfolio };
    return await reportRehearsal(ran);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** The rehearsal's own operator, whose key lies beside the journal: what is asked can be answered, and all can be stopped. */
function operatorOf(home: string): string {
  const file = join(home, REHEARSAL_OPERATOR_KEY);
  return existsSync(file) ? readOperatorPublicKey(file) : createRehearsalOperatorKey(file, "rehearsal");
}

/** What decides, and what it is called: a model, asked once or with tools, or the mandate's own code. */
async function startDecider<I extends AnyIntent & Intent, S extends Observation>(
  mandate: Mandate,
  { clock, venue, toolset }: Stage<I, S>,
  parameters: RehearsalParameters,
  gateway: SupervisedGateway,
  rpc: string | null,
): Promise<{
  readonly decider: Decider<I, S>;
  readonly name: string;
  readonly scripted: boolean;
  readonly stopDecider: () => Promise<void>;
}> {
  const { strategy } = parameters;
  if (strategy || mandate.brief.decider === "code") {
    const code = typeof strategy === "function" ? codeOf(strategy) : (strategy ?? (await loadCode(mandate.brief)));
    const decider = codeDecider({ mandate, code, venue });
    return { decider, name: code.module, scripted: false, stopDecider: async () => undefined };
  }
  const { model, scripted, stopModel } = await startModel(mandate, clock, parameters);
  const name = `${model.model.provider}/${model.model.id}`;
  if (mandate.brief.decider === "structured") {
    return { decider: structuredDecider({ mandate, model, venue }), name, scripted, stopDecider: stopModel };
  }
  try {
    const { wallet } = gateway;
    const given = { mandate, model, venue, toolset: await toolset(), gateway, wallet, clock, rpc };
    const loop = await openLoop({ ...given, home: parameters.home });
    const stopDecider = async () => {
      await loop.close();
      await stopModel();
    };
    return { decider: loop.decider, name, scripted, stopDecider };
  } catch (error) {
    await stopModel();
    throw error;
  }
}

async function startModel(
  mandate: Mandate,
  clock: Clock,
  { model, script = {}, mock = { rules: [] }, faults = {}, seed, version }: RehearsalParameters,
): Promise<{ readonly model: ToolModel; readonly scripted: boolean; readonly stopModel: () => Promise<void> }> {
  if (model) return { model: await model(clock, mandate), scripted: false, stopModel: async () => undefined };
  const rule = scriptRule(mock, shippedRule(script));
  const server = await startScriptedModel({ rule: (request) => faults[request.n] ?? rule(request) });
  const port = await resolveModels({
    plan: mandate.brief.model,
    limit: mandate.terms.limits.max_llm_usd_per_day,
    at: server.url,
    env: {},
    clock,
    random: seededRandom(`${seed} model`),
    version,
  });
  return { model: port, scripted: true, stopModel: () => server.stop() };
}
