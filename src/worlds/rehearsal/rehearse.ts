import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAgent } from "../../agent/agent.ts";
import type { AgentEvent } from "../../agent/events.ts";
import { noSpans, type Spans } from "../../agent/spans.ts";
import type { Clock } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";
import { seededRandom } from "../../core/random.ts";
import { structuredDecider } from "../../deciders/structured/structured.ts";
import { sealKeystore } from "../../gateway/keys/seal-keystore.ts";
import { endpointsOf } from "../../gateway/serve/run-gateway.ts";
import { superviseGateway } from "../../gateway/serve/supervised-gateway.ts";
import { memoryModelBudget } from "../../llm/budget.ts";
import { modelConfigOf } from "../../llm/model-config-of.ts";
import type { ModelPort } from "../../llm/model-port.ts";
import { resolveModel } from "../../llm/resolve-model.ts";
import { type BalanceRuleOptions, balanceRule } from "../../llm/scripted/balance-rule.ts";
import { startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import type { Turn } from "../../llm/scripted/turn.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import { type EvmWorld, type Funds, forkOf, startEvmWorld } from "../anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { ScenarioStep } from "../market.ts";
import { type RehearsalReport, reportRehearsal } from "./report.ts";

/** What a rehearsal cannot be made of. */
export class RehearsalError extends MandateError {}

export interface RehearsalParameters {
  /** The mandate's path. */
  readonly file: string;
  /** Overrides the file's `network:`. */
  readonly network?: string;
  /** Folder for the journal. Made; must not hold one. */
  readonly home: string;
  readonly seed: number | string;
  readonly cycles: number;
  /** What the wallet starts with. */
  readonly fund?: Funds;
  readonly scenario?: readonly ScenarioStep[];
  /** A world to rehearse in, with the wallet funded; it is left running. Default: one of its own, by `seed`, `fund`, `scenario`. */
  readonly world?: RehearsalWorld;
  /** Asks a real model instead of the scripted one. */
  readonly model?: (clock: Clock, mandate: Mandate) => Promise<ModelPort>;
  /** How the scripted model behaves. */
  readonly script?: BalanceRuleOptions;
  /** What the scripted model does instead on chosen requests, counted from 1: an HTTP error, broken JSON, a refusal. */
  readonly faults?: Readonly<Record<number, Turn>>;
  /** Verdicts instead of signatures. */
  readonly dryRun?: boolean;
  /** A crash point at which the gateway is killed once, "after-commit" or "after-commit:2". */
  readonly crashAt?: string;
  readonly version: string;
  readonly on?: (event: RehearsalEvent) => void;
  readonly spans?: Spans;
  readonly signal?: AbortSignal;
}

/** What a rehearsal needs of a world. */
export type RehearsalWorld = Pick<EvmWorld, "url" | "chainId" | "clock">;

export type RehearsalEvent =
  | AgentEvent<EvmIntent>
  | { readonly kind: "world"; readonly chainId: number; readonly model: string; readonly scripted: boolean }
  | { readonly kind: "crash"; readonly signal: string | null };

export const DEFAULT_FUNDS: Funds = { ETH: "1", WETH: "0.4", USDC: "300" };

/**
 * Runs a mandate against a world of its own: real contracts on a local chain, a gateway in a process of its own with a
 * throwaway key, and the same agent as live. The same parameters write the same journal, byte for byte.
 *
 * @throws {MandateFileError} {@link RehearsalError} {@link GatewayStartError}
 */
export async function rehearse(parameters: RehearsalParameters): Promise<RehearsalReport> {
  const { file, network, home, cycles, on = () => undefined, spans = noSpans, signal } = parameters;
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET, ...(network === undefined ? {} : { network }) });
  if (!mandate.rehearsal) {
    throw new RehearsalError("NOT_A_WORLD", `${mandate.terms.network} is a real network`, {
      remedy: "Rehearse on a network whose chains have `rpc: world` (--network NAME), or go live with `mandate run FILE --live`.",
    });
  }
  const scratch = mkdtempSync(join(tmpdir(), "mandate-"));
  const undo: (() => Promise<void> | void)[] = [() => rmSync(scratch, { recursive: true, force: true })];
  try {
    const { world, stopWorld } = await startWorld(mandate, parameters);
    undo.push(stopWorld);
    mkdirSync(home, { recursive: true });
    const keystore = join(scratch, "key.json");
    const password = "a rehearsal's key is worth nothing";
    writeFileSync(keystore, sealKeystore({ privateKey: REHEARSAL_KEY, class: "rehearsal", password }), { mode: 0o600 });
    const gateway = await superviseGateway(
      {
        file,
        ...(network === undefined ? {} : { network }),
        home,
        socket: join(scratch, "gateway.sock"),
        keystore,
        password,
        live: false,
        world: { url: world.url, wallet: REHEARSAL_WALLET },
        ...(parameters.crashAt === undefined ? {} : { crashAt: parameters.crashAt }),
      },
      (signalName) => on({ kind: "crash", signal: signalName }),
    );
    undo.push(() => gateway.stop());
    const { model, scripted, stopModel } = await startModel(mandate, world.clock, parameters);
    undo.push(stopModel);
    on({ kind: "world", chainId: world.chainId, model: `${model.model.provider}/${model.model.id}`, scripted });
    const rpcs = Object.fromEntries(
      Object.entries(endpointsOf(mandate, world.url)).map(([chain, url]) => [chain, rpcClient(url)]),
    );
    const venue = evmVenue({ mandate, rpcs, clock: world.clock });
    const before = await venue.observe();
    await runAgent({
      mandate,
      wallet: gateway.wallet,
      gateway,
      venue,
      decider: structuredDecider({ mandate, model, venue }),
      clock: world.clock,
      cycles,
      on,
      spans,
      dryRun: parameters.dryRun ?? false,
      ...(signal ? { signal } : {}),
    });
    const after = await venue.observe();
    await gateway.stop();
    return await reportRehearsal({ mandate, home, wallet: gateway.wallet, before, after, crashes: gateway.crashes, scripted });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** The world of a network's chain id: the rehearsal's own, or, under another id, a fork of one like it. */
async function startWorld(
  { terms }: Mandate,
  { seed, scenario, fund = DEFAULT_FUNDS, world: given }: RehearsalParameters,
): Promise<{ readonly world: RehearsalWorld; readonly stopWorld: () => Promise<void> }> {
  const ids = new Set(Object.values(terms.book.chains).map(({ id }) => id));
  const [id] = ids;
  if (id === undefined || ids.size !== 1) {
    throw new RehearsalError("ONE_CHAIN", "a world of several chains is not offered yet", {
      remedy: "Rehearse with one chain in the network.",
    });
  }
  if (given) return { world: given, stopWorld: async () => undefined };
  const funds = Object.fromEntries(Object.entries(fund).filter(([, amount]) => !decimal(amount).isZero()));
  const options = { seed, fund: { [REHEARSAL_WALLET]: funds }, ...(scenario ? { scenario } : {}) };
  if (id === WORLD_CHAIN_ID) {
    const world = await startEvmWorld(options);
    return { world, stopWorld: () => world.stop() };
  }
  const parent = await startEvmWorld(options);
  try {
    const world = await forkOf(parent, id);
    return {
      world,
      async stopWorld() {
        await world.stop();
        await parent.stop();
      },
    };
  } catch (error) {
    await parent.stop();
    throw error;
  }
}

const WORLD_CHAIN_ID = 31337;

async function startModel(
  mandate: Mandate,
  clock: Clock,
  { model, script = {}, faults = {}, seed, version }: RehearsalParameters,
): Promise<{ readonly model: ModelPort; readonly scripted: boolean; readonly stopModel: () => Promise<void> }> {
  if (model) return { model: await model(clock, mandate), scripted: false, stopModel: async () => undefined };
  const balance = balanceRule(script);
  const server = await startScriptedModel({ rule: (request) => faults[request.n] ?? balance(request) });
  const { max_llm_usd_per_day: limit } = mandate.terms.limits;
  const port = await resolveModel({
    config: { ...modelConfigOf(mandate.brief.model), base_url: server.url },
    env: {},
    clock,
    random: seededRandom(`${seed} model`),
    version,
    ...(limit === "unlimited" ? {} : { budget: memoryModelBudget({ limit, clock }) }),
  });
  return { model: port, scripted: true, stopModel: () => server.stop() };
}
