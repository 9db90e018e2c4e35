// An agent in a process of its own, for a gateway and a world that the parent owns. The world sleeps in the parent: the
// agent asks for it over IPC. Says each event, and ends when its parent does.
import { once } from "node:events";
import { runAgent } from "../../../src/agent/agent.ts";
import { openLoop } from "../../../src/agent/open-loop.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { seededRandom } from "../../../src/core/random.ts";
import { structuredDecider } from "../../../src/deciders/structured/structured.ts";
import { gatewayClient } from "../../../src/gateway/client.ts";
import { modelConfigOf } from "../../../src/llm/model-config-of.ts";
import { resolveModel } from "../../../src/llm/resolve-model.ts";
import { shippedRule } from "../../../src/llm/scripted/shipped-rule.ts";
import { startScriptedModel } from "../../../src/llm/scripted/start-scripted-model.ts";
import { readMandate } from "../../../src/mandate/read-mandate.ts";
import { chainClock } from "../../../src/protocols/chain-clock.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import { EVM_TOOLS } from "../../../src/tools/evm/evm-tools.ts";
import { feedRounds } from "../../../src/tools/history/feed-rounds.ts";
import { evmVenue } from "../../../src/venues/evm/evm-venue.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import type { AgentWord } from "../../support/spawn-child.ts";

export interface AgentOrders {
  readonly file: string;
  readonly socket: string;
  readonly wallet: string;
  readonly url: string;
  readonly cycles: number;
  /** Folder of an agent with tools, for mandates that have one. */
  readonly home?: string;
}

if (process.send) {
  process.once("disconnect", () => process.exit(1));
  await run(JSON.parse(process.argv[2] ?? "") as AgentOrders);
  process.exit(0);
}

async function run({ file, socket, wallet, url, cycles, home = "" }: AgentOrders): Promise<void> {
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET });
  const rpc = rpcClient(url);
  const clock: Clock = {
    now: chainClock(rpc).now,
    async sleep(until) {
      const over = once(process, "message");
      say({ sleep: until });
      await over;
    },
  };
  const server = await startScriptedModel({ rule: shippedRule() });
  const model = await resolveModel({
    config: { ...modelConfigOf(mandate.brief.model), base_url: server.url },
    env: {},
    clock,
    random: seededRandom("agent"),
    version: "0.1.0",
  });
  const venue = evmVenue({ mandate, rpcs: { base: rpc }, clock });
  const gateway = gatewayClient(socket);
  const toolset = { tools: EVM_TOOLS, history: feedRounds({ terms: mandate.terms, rpcs: { base: rpc }, clock }) };
  const decider =
    mandate.brief.decider === "loop"
      ? (await openLoop({ mandate, model, venue, toolset, gateway, wallet, clock, home, rpc: null })).decider
      : structuredDecider({ mandate, model, venue });
  await runAgent({ mandate, wallet, gateway, venue, decider, clock, cycles, on: ({ kind }) => say({ event: kind }) });
}

function say(word: AgentWord): void {
  process.send?.(word);
}
