import { runAgent } from "../../agent/agent.ts";
import { systemClock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { seededRandom } from "../../core/random.ts";
import { checkBrief } from "../../deciders/check-brief.ts";
import { codeDecider } from "../../deciders/code/code-decider.ts";
import { loadCode } from "../../deciders/code/load-code.ts";
import { structuredDecider } from "../../deciders/structured/structured.ts";
import { gatewayClient } from "../../gateway/client.ts";
import type { Gateway } from "../../gateway/contract.ts";
import { walletId } from "../../gateway/open-wallet.ts";
import { superviseGateway } from "../../gateway/serve/supervised-gateway.ts";
import { modelConfigOf } from "../../llm/model-config-of.ts";
import type { ModelPort } from "../../llm/model-port.ts";
import { resolveModel } from "../../llm/resolve-model.ts";
import { balanceRule } from "../../llm/scripted/balance-rule.ts";
import { startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import { explainMandate } from "../../mandate/explain.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { interrupted } from "../interrupted.ts";
import { createLog } from "../log.ts";
import type { GlobalOptions, Output } from "../output.ts";
import { version } from "../version.ts";
import { chooseModel } from "./choose-model.ts";
import { liveGatewayConfig } from "./gateway-config.ts";
import { lineLog } from "./line-log.ts";
import type { LiveOptions } from "./live-options.ts";
import { eventRenderer } from "./render-event.ts";
import { stageLog } from "./stage-log.ts";
import { withLiveVenue } from "./with-live-venue.ts";

export interface RunLiveParameters extends LiveOptions {
  readonly file: string;
  readonly cycles?: number;
  readonly dryRun?: boolean;
  readonly model?: string;
  readonly mock?: boolean;
  readonly gateway?: string;
  readonly operatorKey?: string;
}

/** Runs the agent on a real network. Whatever is missing is said before anything is started. */
export async function runLive(output: Output, globals: GlobalOptions, parameters: RunLiveParameters): Promise<void> {
  const { file, network, cycles, dryRun = false, live = false } = parameters;
  const mandate = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  checkBrief(mandate.brief);
  // Where nobody watches a terminal, a line a cycle is what a service's log is for.
  const asked = globals.verbose === true || globals.logLevel !== undefined;
  const watched = process.stderr.isTTY === true;
  const log = createLog(asked || watched ? globals : { ...globals, logLevel: "info" });
  if (parameters.gateway !== undefined && !mandate.rehearsal && !live) {
    throw new UsageError(`the network ${mandate.terms.network} is real money`, {
      remedy: `Read: mandate check ${file}. Then add --live.`,
    });
  }
  const config = parameters.gateway === undefined ? await liveGatewayConfig(output, file, mandate, parameters) : null;
  const undo: (() => Promise<void> | void)[] = [];
  try {
    // What decides is chosen first: without a usable key, or with code that does not load, nothing starts.
    const chosen =
      mandate.brief.decider === "code" ? { code: await loadCode(mandate.brief) } : await pickModel(mandate, parameters);
    if ("stop" in chosen) undo.push(chosen.stop);
    output.say(explainMandate(mandate));
    output.say("");
    const gateway = await reachGateway(config, parameters.gateway, (signal) =>
      log.error({ signal }, "the gateway died and was started again"),
    );
    undo.push(() => gateway.stop());
    const wallet = walletId(mandate.terms);
    const spent = (await gateway.contract.state(wallet)).model_spent_today_usd;
    const render = eventRenderer(output.style);
    await withLiveVenue(mandate, systemClock, async (venue) =>
      runAgent({
        mandate,
        wallet,
        gateway: gateway.contract,
        venue,
        decider:
          "code" in chosen
            ? codeDecider({ mandate, code: chosen.code, venue })
            : structuredDecider({
                mandate,
                model: parameters.mock ? chosen.model : await chooseModel(mandate, systemClock, parameters.model, spent),
                venue,
              }),
        clock: systemClock,
        random: seededRandom(`${wallet} ${process.pid}`),
        dryRun,
        spans: stageLog(log),
        ...(watched && !asked ? {} : { log: lineLog(log) }),
        signal: interrupted(),
        on: (event) => output.record(event, () => render(event).join("\n")),
        ...(cycles === undefined ? {} : { cycles }),
      }),
    );
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function reachGateway(
  config: Parameters<typeof superviseGateway>[0] | null,
  socket: string | undefined,
  onCrash: (signal: string | null) => void,
): Promise<{ readonly contract: Gateway; stop(): Promise<void> }> {
  if (config !== null) {
    const supervised = await superviseGateway(config, onCrash);
    return { contract: supervised, stop: () => supervised.stop() };
  }
  const client = gatewayClient(socket ?? "");
  return { contract: client, stop: async () => client.close() };
}

async function pickModel(
  mandate: Mandate,
  { mock, model }: RunLiveParameters,
): Promise<{ readonly model: ModelPort; stop(): Promise<void> }> {
  if (!mock) return { model: await chooseModel(mandate, systemClock, model), stop: async () => undefined };
  const server = await startScriptedModel({ rule: balanceRule() });
  const port = await resolveModel({
    config: { ...modelConfigOf(mandate.brief.model), base_url: server.url },
    env: {},
    clock: systemClock,
    random: seededRandom("mock"),
    version: version(),
  });
  return { model: port, stop: () => server.stop() };
}
