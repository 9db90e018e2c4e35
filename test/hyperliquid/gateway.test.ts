import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/core/clock.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };

/** An order on BTC at a share of the oracle's price, which is brought onto the grid. */
async function order(
  house: TradingHouse,
  { buy = true, size = "0.01", at = 1.005, reduce = false, tif = "Ioc" as "Ioc" | "Gtc" } = {},
): Promise<Trade> {
  const price = Math.round((await house.price("BTC")) * at);
  return {
    type: "order",
    orders: [{ a: 0, b: buy, p: String(price), s: size, r: reduce, t: { limit: { tif } } }],
    grouping: "na",
  };
}

const codes = (outcome: { readonly kind: string; readonly verdict?: unknown }) =>
  "verdict" in outcome && outcome.kind === "refused"
    ? (outcome.verdict as { readonly violations?: readonly { readonly code: string }[] }).violations?.map(({ code }) => code)
    : outcome.kind;

test("a position is opened within the limits, and closed again", async () => {
  await using house = await openHouse();
  const opened = await house.act(leverage, await order(house));
  expect(codes(opened)).toBe("confirmed");
  expect(opened).toMatchObject({ kind: "confirmed", done: [{ asset: "hl/BTC:perp" }] });
  const state = await house.opened.gateway.state(house.opened.wallet);
  expect(state.open).toEqual([]);
  expect(state.holdings.find(({ asset }) => asset === "hl/BTC:perp")?.amount.toFixed()).toBe("0.01");
  const closed = await house.act(await order(house, { buy: false, at: 0.995, reduce: true }));
  expect(codes(closed)).toBe("confirmed");
  expect((await house.info.perpState(house.account.address)).assetPositions).toEqual([]);
});

test("what is too large, too dear, off leverage or not understood is refused, and nothing is sent", async () => {
  await using house = await openHouse();
  expect(codes(await house.act(await order(house)))).toEqual(expect.arrayContaining(["LEVERAGE"]));
  expect(codes(await house.act(leverage, await order(house, { size: "0.5" })))).toEqual(
    expect.arrayContaining(["TRADE_TOO_LARGE", "POSITION_TOO_LARGE"]),
  );
  expect(codes(await house.act(leverage, await order(house, { at: 1.03 })))).toEqual(expect.arrayContaining(["SLIPPAGE"]));
  expect(codes(await house.act(leverage, await order(house, { reduce: true })))).toEqual(
    expect.arrayContaining(["REDUCE_ONLY_TOO_LARGE"]),
  );
  expect(codes(await house.act({ type: "usdClassTransfer", amount: "5", toPerp: false }))).toEqual(
    expect.arrayContaining(["ACTION_NOT_ALLOWED"]),
  );
  expect((await house.info.openOrders(house.account.address)).length).toBe(0);
  expect((await house.info.fills(house.account.address, 0)).length).toBe(0);
});

test("a resting order stays open, blocks nothing, and is cancelled by the gateway when it is too old", async () => {
  await using house = await openHouse();
  const rests = await house.act(leverage, await order(house, { at: 0.9, tif: "Gtc" }));
  expect(rests).toMatchObject({ kind: "open", awaits: [{ kind: "order" }] });
  expect(codes(await house.act(await order(house)))).toBe("confirmed");
  await house.exchange.advance((await house.exchange.now()) + HOUR + MINUTE);
  const outcomes = await house.settle();
  expect(outcomes.map(({ kind }) => kind)).toEqual(["confirmed"]);
  expect(await house.info.openOrders(house.account.address)).toEqual([]);
});

test("an order by hand stops the wallet, which may then only reduce", async () => {
  await using house = await openHouse();
  expect(codes(await house.act(leverage, await order(house)))).toBe("confirmed");
  const price = String(Math.round((await house.price("BTC")) * 0.9));
  house.exchange.exchange.order(house.account.address, [
    { a: 0, b: true, p: price, s: "0.01", r: false, t: { limit: { tif: "Gtc" } } },
  ]);
  expect(codes(await house.act(await order(house)))).toEqual(expect.arrayContaining(["FROZEN"]));
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped?.code).toBe("FOREIGN_ORDER");
  expect(codes(await house.act(await order(house, { buy: false, at: 0.995, reduce: true })))).toBe("confirmed");
});

test("a gateway that starts again settles what rests, by its cloid", async () => {
  await using house = await openHouse();
  const rests = await house.act(leverage, await order(house, { at: 0.9, tif: "Gtc" }));
  expect(rests.kind).toBe("open");
  await house.reopen();
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
  expect(codes(await house.act(await order(house)))).toBe("confirmed");
});

test("a stop cancels what could still open, and leaves what protects", async () => {
  await using house = await openHouse();
  expect(codes(await house.act(leverage, await order(house)))).toBe("confirmed");
  expect((await house.act(await order(house, { at: 0.9, tif: "Gtc" }))).kind).toBe("open");
  const price = await house.price("BTC");
  const [trigger, limit] = [String(Math.round(price * 0.9)), String(Math.round(price * 0.9 * 0.996))];
  const stop = {
    a: 0,
    b: false,
    p: limit,
    s: "0.01",
    r: true,
    t: { trigger: { isMarket: false, triggerPx: trigger, tpsl: "sl" } },
  } as const;
  expect((await house.act({ type: "order", orders: [stop], grouping: "na" })).kind).toBe("open");
  expect((await house.info.openOrders(house.account.address)).length).toBe(2);
  house.exchange.exchange.order(house.account.address, [
    { a: 0, b: true, p: trigger, s: "0.02", r: false, t: { limit: { tif: "Ioc" } } },
    { a: 0, b: true, p: trigger, s: "0.02", r: false, t: { limit: { tif: "Gtc" } } },
  ]);
  expect(codes(await house.act(await order(house)))).toEqual(expect.arrayContaining(["FROZEN"]));
  await house.settle();
  const left = (await house.info.openOrders(house.account.address)).filter(({ cloid }) => cloid);
  expect(left.map(({ isTrigger }) => isTrigger)).toEqual([true]);
});
