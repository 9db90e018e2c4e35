import { expect, test } from "vitest";
import { HOUR } from "../../src/core/clock.ts";
import { type Random, seededRandom } from "../../src/core/random.ts";
import type { Targets } from "../../src/planning/targets.ts";
import { portfolioStage, targetsOf } from "./support/portfolio-stage.ts";

/** A thousand at full length (`npm run test:long`); a part of them beside all other tests. */
const EPISODES = process.env.MANDATE_LONG ? 1_000 : 200;
const AT_ONCE = 4;
const CYCLES = 5;
const MOST_FAULTS = {
  cut_answer: 0.15,
  cut_request: 0.1,
  error_after: 0.1,
  http_429: 0.05,
  http_5xx: 0.05,
  stale: 0.05,
} as const;

test(`${EPISODES} seeded episodes with every fault: no order has two effects, no reduction grows a position, nothing turns one, and all adds up`, {
  timeout: 120_000 + EPISODES * 2_000,
}, async () => {
  const found: string[] = [];
  const seen = { orders: 0, lost: 0, partly: 0, reductions: 0 };
  let next = 0;
  const play = async () => {
    for (let n = next++; n < EPISODES; n = next++) found.push(...(await episode(`fault episode ${n}`, seen)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  expect(found).toEqual([]);
  // An episode in which nothing goes wrong shows nothing.
  expect(seen.orders).toBeGreaterThan(EPISODES * 3);
  expect(seen.reductions).toBeGreaterThan(EPISODES);
  expect(seen.lost).toBeGreaterThan(EPISODES / 4);
  expect(seen.partly).toBeGreaterThan(EPISODES / 10);
});

interface Seen {
  orders: number;
  /** Orders whose answer never came. */
  lost: number;
  partly: number;
  reductions: number;
}

/** An agent that turns its portfolio round five times among faults, then once without; what was wrong. */
async function episode(seed: string, counted: Seen): Promise<readonly string[]> {
  const random = seededRandom(seed);
  await using stage = await portfolioStage({ seed, usdc: 500 + Math.floor(random.next() * 20_000) });
  const { exchange, account, gateway, venue } = stage;
  const wrong: string[] = [];
  const rates = Object.fromEntries(Object.entries(MOST_FAULTS).map(([fault, most]) => [fault, most * random.next()]));
  exchange.faults.become({ rates, partial_fills: 0.5 * random.next() });
  const wanted = Array.from({ length: CYCLES }, () => weights(random));
  await stage.run(wanted, { random });
  exchange.faults.become({});
  await exchange.advance((await exchange.now()) + HOUR);
  const last = wanted.at(-1) ?? [];
  // One look to hear what came of everything, and one to do what is left to do.
  await stage.run([last, last], { random });

  const orders = exchange.exchange.historicalOrders(account);
  const reduces = new Set(orders.flatMap(({ order }) => (order.reduceOnly ? [order.oid] : [])));
  for (const fill of exchange.exchange.fills(account)) {
    const before = Number(fill.startPosition);
    const after = before + (fill.side === "B" ? 1 : -1) * Number(fill.sz);
    // A position is closed and then opened the other way round: nothing passes through zero in one fill.
    if (before * after < 0) wrong.push(`${seed}: an order turned ${before} to ${after}`);
    if (!reduces.has(fill.oid)) continue;
    counted.reductions += 1;
    if (Math.abs(after) > Math.abs(before)) wrong.push(`${seed}: a reduction took ${before} to ${after}`);
  }
  const byId = new Map<string, number>();
  for (const { order } of orders) byId.set(order.cloid ?? "none", (byId.get(order.cloid ?? "none") ?? 0) + 1);
  const own = new Set<string>(gateway.cloids);
  for (const [id, times] of byId) {
    if (times > 1) wrong.push(`${seed}: ${id} was made ${times} times`);
    if (!own.has(id)) wrong.push(`${seed}: ${id} is nobody's`);
  }
  for (const asked of gateway.asked.values()) {
    if (asked.kind === "open") wrong.push(`${seed}: ${asked.key} is open at the end`);
    if (asked.reason === "no answer") counted.lost += 1;
    for (const [cloid, known] of asked.known) {
      const there = byId.has(cloid);
      // An order that the exchange turns away leaves a trace there too, without an effect.
      const effect = there && exchange.exchange.fills(account).some((fill) => fill.cloid === cloid);
      if ((known === "never" && effect) || (known === "taken" && !there))
        wrong.push(`${seed}: ${cloid} is ${known} by the journal`);
    }
  }
  counted.orders += orders.length;
  counted.partly += orders.filter(({ order }) => Number(order.sz) > 0 && order.sz !== order.origSz).length;
  const now = await venue.observe();
  for (const { asset, size } of now.positions) {
    const booked = exchange.exchange
      .perpState(account)
      .assetPositions.find(({ position }) => `hl/${position.coin}:perp` === asset);
    if (booked?.position.szi !== size.toFixed() && Number(booked?.position.szi) !== size.toNumber())
      wrong.push(`${seed}: ${asset} is ${size.toFixed()} to the agent and ${booked?.position.szi} at the exchange`);
  }
  // Cash, positions, fees and funding of everybody add up to what was paid in, to the last unit.
  exchange.exchange.audit();
  return wrong;
}

const SHAPES: readonly Readonly<Record<string, string>>[] = [
  { "BTC:perp": "0.5", "ETH:perp": "0.3", USDC: "0.2" },
  { "BTC:perp": "-0.4", "SOL:perp": "0.4", USDC: "0.2" },
  { "ETH:perp": "-0.6", USDC: "0.4" },
  { "SOL:perp": "-0.3", "BTC:perp": "0.2", "ETH:perp": "0.2", USDC: "0.3" },
  { USDC: "1" },
];

function weights(random: Random): Targets {
  return targetsOf(SHAPES[Math.floor(random.next() * SHAPES.length)] ?? { USDC: "1" });
}
