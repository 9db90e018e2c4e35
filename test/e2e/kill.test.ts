import { afterEach, expect, test } from "vitest";
import { runAgent } from "../../src/agent/agent.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { type Random, seededRandom } from "../../src/core/random.ts";
import { structuredDecider } from "../../src/deciders/structured/structured.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { superviseGateway } from "../../src/gateway/serve/supervised-gateway.ts";
import { modelConfigOf } from "../../src/llm/model-config-of.ts";
import { resolveModel } from "../../src/llm/resolve-model.ts";
import { balanceRule } from "../../src/llm/scripted/balance-rule.ts";
import { startScriptedModel } from "../../src/llm/scripted/start-scripted-model.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import { audit, wethShare } from "./support/audit.ts";
import { livingChildren } from "./support/children.ts";
import { gatewayStage } from "./support/gateway-stage.ts";
import { BUSY, mandateCopy } from "./support/mandate-copy.ts";
import { spawnAgent } from "./support/spawn-agent.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const KILLS = 6;

/** WETH goes up and down by so much, minute after minute, that every cycle has a trade to make; then it rests. */
function wildWorld(minutes: number): Promise<EvmWorld> {
  return startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: DEFAULT_FUNDS },
    volatility: { WETH: 0, GOV: 0 },
    scenario: Array.from({ length: minutes }, (_, i) => ({
      at: (i + 0.5) * MINUTE,
      asset: "WETH",
      change: i % 2 === 0 ? "+0.7" : "-0.4",
    })),
  });
}

/** Calls `kill` once, some events from now and up to 40 ms after the last of them. */
function killer(random: Random, kill: () => void): () => void {
  let left = 1 + Math.floor(random.next() * 14);
  const late = random.next() * 40;
  return () => {
    left -= 1;
    if (left === 0) setTimeout(kill, late);
  };
}

test("the agent is killed at random moments: no request has two effects, and the next agent goes on to the target", async () => {
  const random = seededRandom("kill the agent");
  const world = await wildWorld(12);
  using stage = gatewayStage(world.url);
  const file = mandateCopy(stage.folder, BUSY);
  try {
    const gateway = await startGatewayProcess({ ...stage.config, file });
    try {
      const orders = { file, socket: gateway.socket, wallet: gateway.wallet, url: world.url, cycles: 40 };
      for (let i = 0; i < KILLS; i++) {
        const strike = killer(random, () => agent.kill());
        const agent = spawnAgent(world, orders, strike);
        expect(await agent.ended, "it was killed, not done").toBeNull();
      }
      await world.advance(world.state.start + 13 * MINUTE);
      const last = spawnAgent(world, { ...orders, cycles: 2 });
      expect(await last.ended).toBe(0);
    } finally {
      await gateway.stop();
    }
    const { confirmed, state } = await audit(world, stage.home);
    expect(confirmed.length).toBeGreaterThan(KILLS / 2);
    expect(state.cycle).toBeGreaterThan(KILLS);
    expect(Math.abs((await wethShare(world)) - 0.5)).toBeLessThanOrEqual(0.1);
  } finally {
    await world.stop();
  }
});

test("the gateway is killed from outside at random moments: no request has two effects, and the target is reached", async () => {
  const random = seededRandom("kill the gateway");
  const world = await wildWorld(20);
  using stage = gatewayStage(world.url);
  const file = mandateCopy(stage.folder, BUSY);
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET });
  const server = await startScriptedModel({ rule: balanceRule() });
  const crashes: (string | null)[] = [];
  try {
    const gateway = await superviseGateway({ ...stage.config, file }, (signal) => crashes.push(signal));
    try {
      const { clock } = world;
      const model = await resolveModel({
        config: { ...modelConfigOf(mandate.brief.model), base_url: server.url },
        env: {},
        clock,
        random,
        version: "0.1.0",
      });
      const venue = evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock });
      const decider = structuredDecider({ mandate, model, venue });
      const kills: Promise<void>[] = [];
      const next = () =>
        killer(random, () => kills.push(gateway.kill().finally(() => (strike = kills.length < KILLS ? next() : undefined))));
      let strike: (() => void) | undefined = next();
      await runAgent({ mandate, wallet: gateway.wallet, gateway, venue, decider, clock, cycles: 24, on: () => strike?.() });
      await Promise.all(kills);
      expect(kills).toHaveLength(KILLS);
      // The last kill may have struck when all was done: then the next look finds it.
      await gateway.settle(gateway.wallet).catch(() => gateway.settle(gateway.wallet));
    } finally {
      await gateway.stop();
    }
    expect(crashes).toEqual(Array.from({ length: KILLS }, () => "SIGKILL"));
    const { confirmed } = await audit(world, stage.home);
    expect(confirmed.length).toBeGreaterThan(10);
    expect(Math.abs((await wethShare(world)) - 0.5)).toBeLessThanOrEqual(0.1);
  } finally {
    await server.stop();
    await world.stop();
  }
});
