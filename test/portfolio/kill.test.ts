import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runAgent } from "../../src/agent/agent.ts";
import { HOUR, MINUTE } from "../../src/core/clock.ts";
import { type Random, seededRandom } from "../../src/core/random.ts";
import { gatewayClient } from "../../src/gateway/client.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import type { GatewayConfig } from "../../src/gateway/serve/run-gateway.ts";
import { superviseGateway } from "../../src/gateway/serve/supervised-gateway.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import { hyperliquidScope } from "../../src/venues/hyperliquid/scope-of.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type HyperliquidStage, hyperliquidStage } from "../../src/worlds/rehearsal/hyperliquid-stage.ts";
import { livingChildren } from "../e2e/support/children.ts";
import { scratch } from "../e2e/support/scratch.ts";
import type { SpawnedAgent } from "../support/spawn-child.ts";
import { spawnExchangeAgent } from "./support/spawn-exchange-agent.ts";
import { targetsOf } from "./support/whole-stage.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const FILE = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");
const LONG = process.env.MANDATE_LONG !== undefined;
/** Turned round each cycle, so that each has orders to make. */
const WANTS = [
  { "BTC:perp": "0.2", USDC: "0.8" },
  { "ETH:perp": "0.2", USDC: "0.8" },
];
const LAST = { "BTC:perp": "0.1", "ETH:perp": "0.1", USDC: "0.8" };

interface Place extends AsyncDisposable {
  readonly stage: HyperliquidStage;
  readonly config: GatewayConfig;
}

async function place(seed: string): Promise<Place> {
  const { folder, [Symbol.dispose]: dispose } = scratch();
  const mandate = readMandate(FILE, { worldWallet: REHEARSAL_WALLET });
  const stage = await hyperliquidStage({
    mandate,
    scope: hyperliquidScope(mandate),
    seed,
    funds: { perp: "8000", spot: "2000" },
    step: 5 * MINUTE,
  });
  const keystore = join(folder, "key.json");
  const password = "worth nothing";
  writeFileSync(keystore, sealKeystore({ privateKey: stage.key, class: "rehearsal", password }), { mode: 0o600 });
  const world = { url: stage.url, wallet: stage.account };
  const home = join(folder, "home");
  return {
    stage,
    config: { file: FILE, home, socket: join(folder, "g.sock"), keystore, password, live: false, world },
    async [Symbol.asyncDispose]() {
      await stage.stop();
      dispose();
    },
  };
}

/** Nothing was made twice, what is held is what filled, and the journal verifies. */
async function oneEffectEach({ stage, config }: Place): Promise<void> {
  const { exchange } = stage.exchange;
  const orders = exchange.historicalOrders(stage.account);
  const times = new Map<string, Set<number>>();
  for (const { order } of orders) times.set(order.cloid ?? "", (times.get(order.cloid ?? "") ?? new Set()).add(order.oid));
  expect([...times.values()].filter((oids) => oids.size > 1)).toEqual([]);
  for (const { position } of exchange.perpState(stage.account).assetPositions) {
    const fills = exchange.fills(stage.account).filter(({ coin }) => coin === position.coin);
    const filled = fills.reduce((sum, { side, sz }) => sum + (side === "B" ? Number(sz) : -Number(sz)), 0);
    expect(Number(position.szi)).toBeCloseTo(filled, 8);
  }
  const { ok } = await verifyJournal(join(config.home, "journal.sqlite"), { mirror: join(config.home, "mirror", "heads") });
  expect(ok).toBe(true);
  exchange.audit();
}

function weightOf({ stage }: Place, coin: string): number {
  const state = stage.exchange.exchange.perpState(stage.account);
  const held = state.assetPositions.find(({ position }) => position.coin === coin)?.position.positionValue ?? "0";
  return Number(held) / 10_000;
}

/** An agent that knows nothing of those before it ends where the last wish is. */
async function endsAtLast(at: Place, orders: { readonly socket: string; readonly wallet: string }): Promise<void> {
  const { exchange, url } = at.stage;
  await exchange.advance((await exchange.now()) + HOUR);
  const last = spawnExchangeAgent(exchange, { file: FILE, url, ...orders, cycles: 3, wants: [LAST] });
  expect(await last.ended).toBe(0);
  for (const coin of ["BTC", "ETH"]) expect(Math.abs(weightOf(at, coin) - 0.1)).toBeLessThan(0.06);
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

test("the agent is killed when the exchange has its order and it has no answer, then at random moments: the next one finds the order and repeats nothing", async () => {
  await using at = await place("kill the agent");
  const { exchange, url } = at.stage;
  const gateway = await startGatewayProcess(at.config);
  try {
    const to = { socket: gateway.socket, wallet: gateway.wallet };
    const orders = { file: FILE, url, ...to, cycles: 40, wants: WANTS };
    const first: SpawnedAgent = spawnExchangeAgent(exchange, orders);
    const forget = exchange.exchange.on((event) => {
      if (event.kind === "order" && event.account === at.stage.account) void first.kill();
    });
    expect(await first.ended).toBeNull();
    forget();
    const made = exchange.exchange.historicalOrders(at.stage.account).length;
    expect(made).toBeGreaterThan(0);
    const second = spawnExchangeAgent(exchange, { ...orders, cycles: 1 });
    expect(await second.ended).toBe(0);
    // It wants what the first one wanted, and has it already.
    expect(exchange.exchange.historicalOrders(at.stage.account)).toHaveLength(made);
    const random = seededRandom("kill the agent");
    for (let i = 0; i < (LONG ? 12 : 2); i += 1) {
      const agent: SpawnedAgent = spawnExchangeAgent(
        exchange,
        orders,
        killer(random, () => void agent.kill()),
      );
      expect(await agent.ended, "it was killed, not done").toBeNull();
    }
    await endsAtLast(at, to);
  } finally {
    await gateway.stop();
  }
  await oneEffectEach(at);
});

test("the gateway is killed at a named point and at random moments while the agent lives: nothing is made twice, and it goes on", async () => {
  await using at = await place("kill the gateway");
  const { stage } = at;
  const crashes: (string | null)[] = [];
  const random = seededRandom("kill the gateway");
  const kills = LONG ? 8 : 3;
  const gateway = await superviseGateway({ ...at.config, crashAt: "after-submit:2" }, (signal) => crashes.push(signal));
  try {
    const mandate = readMandate(FILE, { worldWallet: REHEARSAL_WALLET });
    const wake = { ...mandate.brief.wake, at_least_every: 0 };
    const struck: Promise<void>[] = [];
    const next = () =>
      killer(random, () => struck.push(gateway.kill().finally(() => (strike = struck.length < kills ? next() : undefined))));
    let strike: (() => void) | undefined = next();
    const live = async (wants: readonly Readonly<Record<string, string>>[], cycles: number) => {
      let asked = 0;
      await runAgent({
        mandate: { ...mandate, brief: { ...mandate.brief, wake } },
        wallet: gateway.wallet,
        gateway,
        venue: stage.venue,
        decider: {
          decide: async () => ({ kind: "targets", targets: targetsOf(wants[asked++ % wants.length] ?? LAST), why: "as told" }),
        },
        clock: stage.clock,
        cycles,
        on: () => strike?.(),
      });
    };
    await live(WANTS, LONG ? 24 : 10);
    strike = undefined;
    await Promise.all(struck);
    expect(struck.length).toBeGreaterThan(0);
    await stage.exchange.advance((await stage.exchange.now()) + HOUR);
    await live([LAST], 3);
    for (const coin of ["BTC", "ETH"]) expect(Math.abs(weightOf(at, coin) - 0.1)).toBeLessThan(0.06);
  } finally {
    await gateway.stop();
  }
  expect(new Set(crashes)).toEqual(new Set(["SIGKILL"]));
  await oneEffectEach(at);
});

test("an order that rests outlives its agent and its gateway: the next ones adopt it, and make no other", async () => {
  await using at = await place("rests");
  const { exchange, url } = at.stage;
  const bid = String(Math.round(Number(exchange.exchange.perpContexts()[0]?.oraclePx) * 0.95));
  const resting = () => exchange.exchange.openOrders(at.stage.account).map(({ oid }) => oid);
  let gateway = await startGatewayProcess(at.config);
  try {
    const orders = { file: FILE, url, socket: gateway.socket, wallet: gateway.wallet, bid };
    const first: SpawnedAgent = spawnExchangeAgent(exchange, { ...orders, cycles: 10 });
    const forget = exchange.exchange.on((event) => {
      if (event.kind !== "order" || event.account !== at.stage.account) return;
      void first.kill();
      void gateway.kill();
    });
    await first.ended;
    await gateway.ended;
    forget();
    const before = resting();
    expect(before).toHaveLength(1);
    await exchange.advance((await exchange.now()) + MINUTE);
    gateway = await startGatewayProcess(at.config);
    const second = spawnExchangeAgent(exchange, { ...orders, cycles: 1 });
    expect(await second.ended).toBe(0);
    expect(resting()).toEqual(before);
    const client = gatewayClient(gateway.socket);
    const state = await client.state(gateway.wallet);
    client.close();
    expect(state.open.map(({ kind }) => kind)).toEqual(["open"]);
    expect(state.stopped).toBeNull();
  } finally {
    await gateway.stop();
  }
  await oneEffectEach(at);
});
