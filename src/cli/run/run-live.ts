import { existsSync } from "node:fs";
import { join } from "node:path";
import { runAgent } from "../../agent/agent.ts";
import { openLoop, wantsShell } from "../../agent/open-loop.ts";
import { waitOut } from "../../agent/passing-error.ts";
import { systemClock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { seededRandom } from "../../core/random.ts";
import { checkBrief } from "../../deciders/check-brief.ts";
import { codeDecider } from "../../deciders/code/code-decider.ts";
import { loadCode } from "../../deciders/code/load-code.ts";
import type { Decider } from "../../deciders/decider.ts";
import type { Toolset } from "../../deciders/loop/loop-decider.ts";
import { structuredDecider } from "../../deciders/structured/structured.ts";
import type { GatewayAddress } from "../../gateway/client/http-poster.ts";
import { gatewayClient } from "../../gateway/client.ts";
import type { Gateway } from "../../gateway/contract.ts";
import { superviseGateway } from "../../gateway/serve/supervised-gateway.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import { modelConfigOf } from "../../llm/model-config-of.ts";
import type { ToolModel } from "../../llm/model-turn.ts";
import { resolveModel } from "../../llm/resolve-model.ts";
import { scriptRule } from "../../llm/scripted/script-rule.ts";
import { shippedRule } from "../../llm/scripted/shipped-rule.ts";
import { startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import { explainMandate } from "../../mandate/explain.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { isRealMoney } from "../../mandate/real-money.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";
import { homeOf } from "../home.ts";
import { interrupted } from "../interrupted.ts";
import { createLog } from "../log.ts";
import type { GlobalOptions, Output } from "../output.ts";
import { version } from "../version.ts";
import { chooseModel } from "./choose-model.ts";
import { gatewayAddress, type ReachOptions } from "./gateway-address.ts";
import { liveGatewayConfig } from "./gateway-config.ts";
import { lineLog } from "./line-log.ts";
import type { LiveOptions } from "./live-options.ts";
import { readModelScript } from "./read-model-script.ts";
import { eventRenderer } from "./render-event.ts";
import { openRunPlace } from "./run-place.ts";
import { stageLog } from "./stage-log.ts";
import { withLiveVenue } from "./with-live-venue.ts";

export interface RunLiveParameters extends LiveOptions, ReachOptions {
  readonly file: string;
  readonly cycles?: number;
  readonly dryRun?: boolean;
  readonly model?: string;
  /** The scripted model; a text is the path of its script. */
  readonly mock?: boolean | string;
  readonly operatorKey?: string;
  /** Path of the operator's order for the first start with real money. */
  readonly goLive?: string;
  /** False where --no-shell was given: an agent with tools has the typed ones alone. */
  readonly shell?: boolean;
}

/** Where the gateway serves JSON-RPC to an agent's commands, beside the journal. */
const RPC_SOCKET = "rpc.sock";

/** Runs the agent on a real network or a world. Whatever is missing is said before anything is started. */
export async function runLive(output: Output, globals: GlobalOptions, parameters: RunLiveParameters): Promise<void> {
  const { file, network, cycles, dryRun = false, live = false } = parameters;
  const mandate = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  checkBrief(mandate.brief);
  // Where nobody watches a terminal, a line a cycle is what a service's log is for.
  const asked = globals.verbose === true || globals.logLevel !== undefined;
  const watched = process.stderr.isTTY === true;
  const log = createLog(asked || watched ? globals : { ...globals, logLevel: "info" });
  // What it may cost comes before the question whether it may.
  if (isRealMoney(mandate) && !live) output.say(explainMandate(mandate));
  if (parameters.gateway !== undefined && isRealMoney(mandate) && !live) {
    throw new UsageError(`the network ${mandate.terms.network} is real money`, {
      remedy: `Read: mandate check ${file}. Then add --live.`,
    });
  }
  const named = parameters.gateway === undefined ? null : gatewayAddress(parameters.gateway, parameters);
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const place = await openRunPlace(mandate, parameters);
    undo.push(async () => await place[Symbol.asyncDispose]());
    const { clock, url } = place;
    const asks = { ...parameters, ...(url === undefined ? {} : { world: url }) };
    const config = parameters.gateway === undefined ? await liveGatewayConfig(output, file, mandate, asks) : null;
    const home = config?.home ?? homeOf({ file, id: mandate.terms.id, network: mandate.terms.network, home: parameters.home });
    const rpc = !dryRun && wantsShell(mandate, parameters.shell) ? join(home, RPC_SOCKET) : null;
    if (rpc !== null && config === null && mandate.terms.venue === "evm" && !existsSync(rpc)) {
      throw new UsageError("the gateway serves no JSON-RPC to the agent's commands", {
        remedy: `Start it with --rpc, so that ${RPC_SOCKET} is beside the journal; or run typed tools only: --no-shell.`,
      });
    }
    // What decides is chosen first: without a usable key, or with code that does not load, nothing starts.
    const chosen =
      mandate.brief.decider === "code" ? { code: await loadCode(mandate.brief) } : await pickModel(mandate, parameters);
    if ("stop" in chosen) undo.push(chosen.stop);
    output.say(explainMandate(mandate));
    output.say("");
    const served = config && rpc !== null && mandate.terms.venue === "evm" ? { ...config, rpc: { socket: rpc } } : config;
    const gateway = await reachGateway(served, named, (signal) =>
      log.error({ signal }, "the gateway died and was started again"),
    );
    undo.push(() => gateway.stop());
    const wallet = walletId(mandate.terms);
    const spent = (await gateway.contract.state(wallet)).model_spent_today_usd;
    const render = eventRenderer(output.style, { steps: globals.verbose === true });
    const decide = async <I extends AnyIntent & Intent, S extends Observation>(
      venue: Venue<I, S>,
      toolset: () => Promise<Toolset<I, S>>,
    ): Promise<Decider<I, S>> => {
      if ("code" in chosen) return codeDecider({ mandate, code: chosen.code, venue });
      const model = parameters.mock ? chosen.model : await chooseModel(mandate, clock, parameters.model, spent);
      if (mandate.brief.decider !== "loop") return structuredDecider({ mandate, model, venue });
      const given = { mandate, model, venue, toolset: await toolset(), wallet, clock, home, rpc };
      const loop = await openLoop({ ...given, gateway: gateway.contract });
      undo.push(() => loop.close());
      return loop.decider;
    };
    const run = async <I extends AnyIntent & Intent, S extends Observation>(
      venue: Venue<I, S>,
      toolset: () => Promise<Toolset<I, S>>,
    ) => {
      // A market that is not the one that the mandate names is said before anything is traded.
      const { unknowns } = await waitOut(() => venue.observe(), { clock: systemClock });
      for (const unknown of unknowns) output.say(`mind: ${unknown}`);
      await runAgent({
        mandate,
        wallet,
        gateway: gateway.contract,
        venue,
        decider: await decide(venue, toolset),
        clock,
        random: seededRandom(`${wallet} ${process.pid}`),
        dryRun,
        spans: stageLog(log),
        ...(watched && !asked ? {} : { log: lineLog(log) }),
        signal: interrupted(),
        on: (event) => output.record(event, () => render(event).join("\n")),
        ...(cycles === undefined ? {} : { cycles }),
      });
    };
    await withLiveVenue(mandate, clock, run, url);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function reachGateway(
  config: Parameters<typeof superviseGateway>[0] | null,
  named: GatewayAddress | null,
  onCrash: (signal: string | null) => void,
): Promise<{ readonly contract: Gateway; stop(): Promise<void> }> {
  if (config !== null) {
    const supervised = await superviseGateway(config, onCrash);
    return { contract: supervised, stop: () => supervised.stop() };
  }
  const client = gatewayClient(named ?? "");
  return { contract: client, stop: async () => client.close() };
}

async function pickModel(
  mandate: Mandate,
  { mock, model }: RunLiveParameters,
): Promise<{ readonly model: ToolModel; stop(): Promise<void> }> {
  if (!mock) return { model: await chooseModel(mandate, systemClock, model), stop: async () => undefined };
  const server = await startScriptedModel({ rule: scriptRule(readModelScript(mock), shippedRule()) });
  const port = await resolveModel({
    config: { ...modelConfigOf(mandate.brief.model), base_url: server.url },
    env: {},
    clock: systemClock,
    random: seededRandom("mock"),
    version: version(),
  });
  return { model: port, stop: () => server.stop() };
}
