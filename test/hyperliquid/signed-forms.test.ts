import { afterAll, beforeAll, expect, test } from "vitest";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { codesOf } from "../support/standing.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };
const ADDRESS = `0x${"12".repeat(20)}`;

/** A purchase of BTC at a share of the oracle's price, of other words where they are given. */
async function order(house: TradingHouse, { at = 1.005, s = "0.01", ...change }: Record<string, unknown> & { at?: number } = {}) {
  const p = String(Math.round((await house.price("BTC")) * at));
  return { a: 0, b: true, p, s, r: false, t: { limit: { tif: "Ioc" } }, ...change };
}
const ordering = (one: object, change: object = {}) =>
  ({ type: "order", orders: [one], grouping: "na", ...change }) as unknown as Trade;
const rests = { at: 0.9, t: { limit: { tif: "Gtc" } } };
const resting = (house: TradingHouse) => house.exchange.exchange.openOrders(house.account.address);

let house: TradingHouse;
beforeAll(async () => {
  house = await openHouse({ regime: "calm" });
  expect((await house.act(leverage, ordering(await order(house)))).kind).toBe("confirmed");
});
afterAll(() => house[Symbol.asyncDispose]());

/** A stop on what is held, 10 % below the oracle's price. */
async function stop(isMarket: boolean): Promise<Trade> {
  const triggerPx = String(Math.round((await house.price("BTC")) * 0.9));
  return ordering(await order(house, { b: false, r: true, at: 0.897, t: { trigger: { isMarket, triggerPx, tpsl: "sl" } } }));
}

test.each<[string, () => Promise<object>]>([
  ["an order with an id of the caller's", async () => ordering(await order(house, { c: `0x${"ab".repeat(16)}` }))],
  ["a market order", async () => ordering(await order(house, { t: { limit: { tif: "FrontendMarket" } } }))],
  ["a stop that fills at any price", () => stop(true)],
  ["a fee for a builder", async () => ordering(await order(house), { builder: { b: ADDRESS, f: 10 } })],
  ["a grouping that nobody knows", async () => ordering(await order(house), { grouping: "priority" })],
  ["an order in the name of a vault", async () => ordering(await order(house), { vaultAddress: ADDRESS })],
  ["a key that orders do not have", async () => ordering(await order(house, { fast: true }))],
  ["nothing", async () => ordering(await order(house, { s: "0" }))],
  ["a size off the lot", async () => ordering(await order(house, { s: "0.0000001" }))],
  ["a price off the grid", async () => ordering(await order(house, { p: "60000.123" }))],
  ["an amount as a number", async () => ordering(await order(house, { s: 0.01 }))],
  ["a TWAP", async () => ({ type: "twapOrder", twap: { a: 0, b: true, s: "0.01", r: false, m: 5, t: false } })],
  ["dollars to somebody", async () => ({ type: "usdSend", destination: ADDRESS, amount: "1", time: 1 })],
  ["a token to somebody", async () => ({ type: "spotSend", destination: ADDRESS, token: "HYPE:0x00", amount: "1", time: 1 })],
  ["a withdrawal", async () => ({ type: "withdraw3", destination: ADDRESS, amount: "1", time: 1 })],
  ["a deposit to a vault", async () => ({ type: "vaultTransfer", vaultAddress: ADDRESS, isDeposit: true, usd: 1_000_000 })],
  ["dollars to a sub-account", async () => ({ type: "subAccountTransfer", subAccountUser: ADDRESS, isDeposit: true, usd: 1 })],
  ["another agent", async () => ({ type: "approveAgent", agentAddress: ADDRESS, agentName: "x", nonce: 1 })],
  [
    "a fee for a builder, once for all",
    async () => ({ type: "approveBuilderFee", builder: ADDRESS, maxFeeRate: "1%", nonce: 1 }),
  ],
])("%s is never signed", async (_, asked) => {
  const outcome = await house.act((await asked()) as Trade);
  expect(codesOf(outcome)).toContain("ACTION_NOT_ALLOWED");
  expect(outcome).toMatchObject({ kind: "refused" });
  expect(resting(house)).toEqual([]);
});

test("a stop that names its limit is signed, and rests", async () => {
  expect((await house.act(await stop(false))).kind).toBe("open");
  const [placed] = resting(house);
  expect(resting(house)).toHaveLength(1);
  expect((await house.act({ type: "cancel", cancels: [{ a: 0, o: placed?.oid ?? 0 }] })).kind).toBe("confirmed");
});

test("whoever cancels what was never seen may take a stop away: it is no way past a stop", async () => {
  await using stopped = await openHouse({ written: { stop_loss_pct: "0" }, regime: "calm" });
  expect(codesOf(await stopped.act({ type: "cancel", cancels: [{ a: 0, o: 424_242 }] }))).toContain("DRAWDOWN");
});

test("what is put in the place of an order counts beside it, for either may fill: as a position, and as one that rests", async () => {
  const limits = { max_position_size_usd: "1000", max_open_orders: "1" };
  await using small = await openHouse({ written: limits, regime: "calm" });
  expect((await small.act(leverage, ordering(await order(small, rests)))).kind).toBe("open");
  const [placed] = resting(small);
  const modify = { type: "modify", oid: placed?.oid ?? 0, order: await order(small, rests) } as unknown as Trade;
  expect(codesOf(await small.act(modify))).toEqual(expect.arrayContaining(["POSITION_TOO_LARGE", "OPEN_ORDERS"]));
  expect(codesOf(await small.act(ordering(await order(small, { ...rests, s: "0.002" }))))).toContain("OPEN_ORDERS");
});

test.each([
  ["too little was traded in a day", { min_day_volume_usd: 10 ** 15, min_open_interest_usd: 0 }],
  ["too little is held open", { min_day_volume_usd: 0, min_open_interest_usd: 10 ** 15 }],
])("a market in which %s is not opened in", async (_, floors) => {
  await using thin = await openHouse({ floors, regime: "calm" });
  expect(codesOf(await thin.act(leverage, ordering(await order(thin))))).toContain("MARKET_NOT_ALLOWED");
});

test("the breaker ends what could open", async () => {
  await using broken = await openHouse({ written: { max_consecutive_failures: "1" }, regime: "calm" });
  expect((await broken.act(leverage, ordering(await order(broken, rests)))).kind).toBe("open");
  // It would fill at once, and says that it must not.
  const crossing = await order(broken, { at: 1.005, t: { limit: { tif: "Alo" } } });
  expect((await broken.act(ordering(crossing))).kind).toBe("rejected");
  await broken.settle();
  expect(resting(broken)).toEqual([]);
});
