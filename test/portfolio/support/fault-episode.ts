import { join } from "node:path";
import { HOUR } from "../../../src/core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../../src/core/decimal.ts";
import { type Random, seededRandom } from "../../../src/core/random.ts";
import { verifyJournal } from "../../../src/journal/verify.ts";
import { planRules } from "../../../src/planning/plan-rules.ts";
import type { Targets } from "../../../src/planning/targets.ts";
import { targetsOf, type WholeStage, wholeStage } from "./whole-stage.ts";

const CYCLES = 4;

/** The most of each fault that an episode may have, every time that it could strike. */
const MOST_FAULTS = {
  cut_answer: 0.15,
  drop_answer: 0.05,
  drop_request: 0.05,
  cut_request: 0.1,
  error_after: 0.1,
  duplicate_request: 0.1,
  late_request: 0.1,
  http_429: 0.05,
  http_5xx: 0.05,
  stale: 0.05,
} as const;

/** What episodes have come to: one in which nothing goes wrong shows nothing. */
export interface Seen {
  requests: number;
  orders: number;
  /** Requests that were given up because the venue never took them. */
  lost: number;
  /** Requests that nobody knew the outcome of when they were answered. */
  open: number;
  partly: number;
  reductions: number;
}

export function nothingSeen(): Seen {
  return { requests: 0, orders: 0, lost: 0, open: 0, partly: 0, reductions: 0 };
}

/** An agent that turns its portfolio round among faults behind a whole gateway, then goes on without; what was wrong. */
export async function faultEpisode(seed: string, counted: Seen): Promise<readonly string[]> {
  const random = seededRandom(seed);
  await using stage = await wholeStage({ seed, usdc: 500 + Math.floor(random.next() * 20_000) });
  const { exchange } = stage;
  const rates = Object.fromEntries(Object.entries(MOST_FAULTS).map(([fault, most]) => [fault, most * random.next()]));
  exchange.faults.become({ rates, partial_fills: 0.5 * random.next() });
  const wanted = Array.from({ length: CYCLES }, () => weights(random));
  await stage.run(wanted.slice(0, 2), { random });
  // For a while the venue tells everybody what it told them before.
  exchange.faults.freeze(random.next() < 0.3);
  await stage.run(wanted.slice(2, 3), { random });
  exchange.faults.freeze(false);
  await stage.run(wanted.slice(3), { random });
  exchange.faults.become({});
  await exchange.advance((await exchange.now()) + HOUR);
  const last = wanted.at(-1) ?? [];
  // One look to hear what came of everything, and one to do what is left to do.
  await stage.run([last, last], { random });
  const wrong = [
    ...oneEffectEach(stage, counted),
    ...nothingGrewOrTurned(stage, counted),
    ...(await allAgree(stage, last)),
    ...(await journalHolds(stage)),
  ];
  // Cash, positions, fees and funding of everybody add up to what was paid in, to the last unit.
  exchange.exchange.audit();
  counted.open += stage.events.filter((event) => event.kind === "settled").length;
  return wrong.map((what) => `${seed}: ${what}`);
}

function requestsOf({ house }: WholeStage) {
  return [...house.opened.stream.state.requests.values()];
}

function signedOf(stage: WholeStage) {
  return requestsOf(stage).flatMap((request) =>
    request.transactions.flatMap(({ exchange }) => (exchange?.orders ?? []).map((order) => ({ request, order }))),
  );
}

/** Every order of the exchange has its place in the journal, and every one of the journal at most one at the exchange. */
function oneEffectEach(stage: WholeStage, counted: Seen): readonly string[] {
  const { exchange, account } = stage.house;
  const wrong: string[] = [];
  const orders = exchange.exchange.historicalOrders(account.address);
  const fills = exchange.exchange.fills(account.address);
  const times = new Map<string, Set<number>>();
  for (const { order } of orders) {
    const id = order.cloid ?? "none";
    times.set(id, (times.get(id) ?? new Set()).add(order.oid));
  }
  const signed = new Map(signedOf(stage).map((one) => [one.order.cloid, one]));
  for (const [id, oids] of times) {
    if (oids.size > 1) wrong.push(`${id} was made ${oids.size} times`);
    if (!signed.has(id)) wrong.push(`${id} is nobody's`);
  }
  for (const [id, { request, order }] of signed) {
    const filled = sumOf(fills.filter(({ cloid }) => cloid === id).map(({ sz }) => sz));
    const outcome = request.settled?.outcome ?? "open";
    if (filled.gt(order.size)) wrong.push(`${id} filled ${filled.toFixed()} of ${order.size}`);
    if (!filled.isZero() && outcome !== "confirmed") wrong.push(`${id} filled and is ${outcome}: ${request.settled?.reason}`);
  }
  counted.requests += requestsOf(stage).length;
  counted.lost += requestsOf(stage).filter(({ settled }) => settled?.outcome === "released").length;
  counted.orders += orders.length;
  counted.partly += orders.filter(({ order }) => Number(order.sz) > 0 && order.sz !== order.origSz).length;
  return wrong;
}

function nothingGrewOrTurned({ house: { exchange, account } }: WholeStage, counted: Seen): readonly string[] {
  const wrong: string[] = [];
  const orders = exchange.exchange.historicalOrders(account.address);
  const reduces = new Set(orders.flatMap(({ order }) => (order.reduceOnly ? [order.oid] : [])));
  for (const { startPosition, side, sz, oid } of exchange.exchange.fills(account.address)) {
    const before = decimal(startPosition);
    const after = side === "B" ? before.plus(sz) : before.minus(sz);
    // A position is closed and then opened the other way round: nothing passes through zero in one fill.
    if (before.times(after).lt(0)) wrong.push(`an order turned ${before.toFixed()} to ${after.toFixed()}`);
    if (!reduces.has(oid)) continue;
    counted.reductions += 1;
    if (after.abs().gt(before.abs())) wrong.push(`a reduction took ${before.toFixed()} to ${after.toFixed()}`);
  }
  return wrong;
}

/** Journal, exchange and plan say the same of where everything stands. */
async function allAgree(stage: WholeStage, targets: Targets): Promise<readonly string[]> {
  const { house, venue, mandate, exchange } = stage;
  const wrong: string[] = [];
  const { gateway, wallet, stream } = house.opened;
  const state = await gateway.state(wallet);
  if (state.open.length > 0) wrong.push(`${state.open.length} requests are open at the end`);
  if (state.stopped) wrong.push(`stopped: ${state.stopped.code} ${state.stopped.reason}`);
  const booked = new Map<string, Decimal>(
    exchange.exchange
      .perpState(house.account.address)
      .assetPositions.map(({ position }) => [`hl/${position.coin}:perp`, decimal(position.szi)] as const),
  );
  const settled = new Map<string, Decimal>();
  for (const request of stream.state.requests.values()) {
    for (const { asset, amount } of request.settled?.deltas ?? []) settled.set(asset, (settled.get(asset) ?? ZERO).plus(amount));
  }
  const seen = await venue.observe();
  for (const asset of new Set([...booked.keys(), ...settled.keys()])) {
    const [there, here] = [booked.get(asset) ?? ZERO, settled.get(asset) ?? ZERO];
    const told = seen.positions.find((position) => position.asset === asset)?.size ?? ZERO;
    if (!there.eq(here)) wrong.push(`${asset} is ${here.toFixed()} by the journal and ${there.toFixed()} at the exchange`);
    if (!there.eq(told)) wrong.push(`${asset} is ${told.toFixed()} to the agent and ${there.toFixed()} at the exchange`);
  }
  const traded = { buys_usd: ZERO, sells_usd: ZERO };
  const { steps } = venue.plan({ kind: "targets", targets }, seen, planRules(mandate, state, traded));
  const [step] = steps;
  if (step) wrong.push(`there is still something to do at the end: ${JSON.stringify(step.intent)}`);
  return wrong;
}

async function journalHolds({ house }: WholeStage): Promise<readonly string[]> {
  const { ok, ...more } = await verifyJournal(join(house.home, "journal.sqlite"), {
    mirror: join(house.home, "mirror", "heads"),
  });
  return ok ? [] : [`the journal does not verify: ${JSON.stringify(more)}`];
}

function sumOf(sizes: readonly string[]): Decimal {
  return sizes.reduce<Decimal>((sum, size) => sum.plus(size), ZERO);
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
