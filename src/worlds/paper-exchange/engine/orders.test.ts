import { expect, test } from "vitest";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import type { Exchange } from "./exchange.ts";
import { BTC, ETH, limit, PURR, START, smallExchange, stop, trader } from "./testing/small-exchange.ts";
import type { OrderStatus } from "./types.ts";

const [ALICE, BOB, CAROL] = [trader(0), trader(1), trader(2)];

function one(exchange: Exchange, who: typeof ALICE, order: WireOrder): OrderStatus {
  const [status] = exchange.order(who, [order]);
  if (status === undefined) throw new TypeError("no status");
  return status;
}

function restingOid(status: OrderStatus | undefined): number {
  if (typeof status !== "object" || !("resting" in status)) throw new TypeError(`not resting: ${JSON.stringify(status)}`);
  return status.resting.oid;
}

/** Bob quotes ETH 2,990 to 3,010, ten each. */
function quoted(): Exchange {
  const exchange = smallExchange();
  exchange.deposit(BOB, "1000000");
  one(exchange, BOB, limit(ETH, "buy", "2990", "10"));
  one(exchange, BOB, limit(ETH, "sell", "3010", "10"));
  return exchange;
}

function szi(exchange: Exchange, who: typeof ALICE): string {
  return exchange.perpState(who).assetPositions[0]?.position.szi ?? "0";
}

test.each([
  ["a price between two ticks", limit(ETH, "buy", "3000.123", "1"), "Price must be divisible by tick size.", "tickRejected"],
  ["six significant figures", limit(BTC, "buy", "100000.5", "0.001"), "Price must be divisible by tick size.", "tickRejected"],
  ["less than ten dollars", limit(ETH, "buy", "3000", "0.003"), "Order must have minimum value of $10.", "minTradeNtlRejected"],
  [
    "less than ten of the quote",
    limit(PURR, "buy", "0.2", "49"),
    "Order must have minimum value of 10 USDC.",
    "minTradeNtlRejected",
  ],
  ["more than the margin carries", limit(ETH, "buy", "3000", "100"), "Insufficient margin to place order.", "perpMarginRejected"],
  [
    "reduce-only without a position",
    limit(ETH, "sell", "3000", "1", "Gtc", { r: true }),
    "Reduce only order would increase position.",
    "reduceOnlyRejected",
  ],
  [
    "post-only that would match",
    limit(ETH, "buy", "3010", "1", "Alo"),
    "Post only order would have immediately matched, bbo was 2990@3010.",
    "badAloPxRejected",
  ],
  [
    "IOC that matches nothing",
    limit(ETH, "buy", "3000", "1", "Ioc"),
    "Order could not immediately match against any resting orders.",
    "iocCancelRejected",
  ],
  [
    "a market order with nothing to take",
    limit(BTC, "buy", "101000", "0.01", "FrontendMarket"),
    "No liquidity available for market order.",
    "marketOrderNoLiquidityRejected",
  ],
  ["a stop that is past already", stop(ETH, "sell", "3000", "1", "sl"), "Invalid TP/SL price.", "badTriggerPxRejected"],
  ["a price far from the oracle", limit(ETH, "buy", "500", "1"), "Order price too far from oracle", "oracleRejected"],
  [
    "spot without the money",
    limit(PURR, "buy", "0.2", "100"),
    "Order has insufficient spot balance to trade",
    "insufficientSpotBalanceRejected",
  ],
])("%s is refused in the venue's words, and its status says why", (_name, order, words, status) => {
  const exchange = quoted();
  const cloid = `0x${"ab".repeat(16)}` as const;
  const answer = one(exchange, ALICE, { ...order, c: cloid });
  expect(answer).toEqual({ error: expect.stringContaining(words) });
  if (status !== "tickRejected") expect(exchange.orderStatus(ALICE, cloid)?.status).toBe(status);
  expect(exchange.openOrders(ALICE)).toEqual([]);
});

test("leverage above what the tiers allow at that size is refused", () => {
  const exchange = smallExchange();
  exchange.deposit(ALICE, "1000000");
  exchange.updateLeverage(ALICE, BTC, true, 50);
  const answer = one(exchange, ALICE, limit(BTC, "buy", "100000", "2"));
  expect(answer).toEqual({ error: "Order would cause position to exceed margin tier limit at current leverage" });
});

test("at a market's open interest cap nothing is opened, and what reduces passes", () => {
  const perps = [{ coin: "BTC", szDecimals: 5, maxLeverage: 50, oracle: "100000", openInterestCap: "1000" }];
  const exchange = smallExchange({ perps });
  one(exchange, BOB, limit(BTC, "sell", "100000", "0.02"));
  expect(one(exchange, ALICE, limit(BTC, "buy", "100000", "0.01", "Ioc"))).toMatchObject({ filled: { totalSz: "0.01" } });
  expect(one(exchange, CAROL, limit(BTC, "buy", "99000", "0.01"))).toEqual({
    error: "Order would increase open interest while open interest is capped",
  });
  expect(one(exchange, ALICE, limit(BTC, "sell", "100100", "0.01", "Gtc", { r: true }))).toMatchObject({ resting: {} });
});

test("one bad order of a batch leaves the others as they are", () => {
  const exchange = quoted();
  const statuses = exchange.order(ALICE, [
    limit(ETH, "buy", "2980", "1"),
    limit(ETH, "buy", "2980", "0.001"),
    limit(ETH, "buy", "3010", "1"),
  ]);
  expect(statuses).toEqual([
    { resting: { oid: expect.any(Number) } },
    { error: "Order must have minimum value of $10." },
    { filled: { totalSz: "1", avgPx: "3010", oid: expect.any(Number) } },
  ]);
});

test("a fill has the taker's fee, the position it came to and what closing it made", () => {
  const exchange = quoted();
  one(exchange, ALICE, limit(ETH, "buy", "3010", "2", "Ioc"));
  one(exchange, ALICE, limit(ETH, "sell", "2990", "1", "Ioc"));
  const fills = exchange
    .fills(ALICE)
    .map(({ dir, px, sz, fee, closedPnl, startPosition, crossed }) => ({ dir, px, sz, fee, closedPnl, startPosition, crossed }));
  expect(fills).toEqual([
    { dir: "Open Long", px: "3010", sz: "2", fee: "2.709", closedPnl: "0", startPosition: "0", crossed: true },
    { dir: "Close Long", px: "2990", sz: "1", fee: "1.3455", closedPnl: "-20", startPosition: "2", crossed: true },
  ]);
  expect(exchange.accountValue(ALICE)).toBe("9965.9455");
});

test("a reduce-only order is trimmed to the position and never turns it", () => {
  const exchange = quoted();
  one(exchange, ALICE, limit(ETH, "buy", "3010", "1", "Ioc"));
  const answer = one(exchange, ALICE, limit(ETH, "sell", "2990", "5", "Ioc", { r: true }));
  expect(answer).toMatchObject({ filled: { totalSz: "1" } });
  expect(exchange.perpState(ALICE).assetPositions).toEqual([]);
});

test("a resting reduce-only order goes when its position does", () => {
  const exchange = quoted();
  one(exchange, ALICE, limit(ETH, "buy", "3010", "1", "Ioc"));
  const oid = restingOid(one(exchange, ALICE, limit(ETH, "sell", "3100", "1", "Gtc", { r: true })));
  one(exchange, ALICE, limit(ETH, "sell", "2990", "1", "Ioc"));
  expect(exchange.orderStatus(ALICE, oid)?.status).toBe("reduceOnlyCanceled");
});

test("closing less than ten dollars follows the switch", () => {
  const answers = (["exempt", "whole-close-exempt", "enforced"] as const).map((reduceOnlyMinimum) => {
    const exchange = smallExchange({ switches: { reduceOnlyMinimum } });
    one(exchange, BOB, limit(ETH, "buy", "2990", "1"));
    one(exchange, BOB, limit(ETH, "sell", "3010", "1"));
    one(exchange, ALICE, limit(ETH, "buy", "3010", "0.006", "Ioc"));
    return ["0.003", "0.003"].map(
      (sz) => "filled" in Object(one(exchange, ALICE, limit(ETH, "sell", "2990", sz, "Ioc", { r: true }))),
    );
  });
  expect(answers).toEqual([
    [true, true],
    [false, false],
    [false, false],
  ]);
  const exchange = smallExchange();
  one(exchange, BOB, limit(ETH, "buy", "2990", "1"));
  one(exchange, BOB, limit(ETH, "sell", "3010", "1"));
  one(exchange, ALICE, limit(ETH, "buy", "3010", "0.005", "Ioc"));
  one(exchange, ALICE, limit(ETH, "sell", "2990", "0.004", "Ioc"));
  one(exchange, ALICE, limit(ETH, "sell", "2990", "0.004", "Ioc", { r: true }));
  expect(szi(exchange, ALICE)).toBe("0");
});

test("an own order in the way is cancelled, not traded with", () => {
  const exchange = quoted();
  const oid = restingOid(one(exchange, ALICE, limit(ETH, "sell", "3005", "1")));
  one(exchange, ALICE, limit(ETH, "buy", "3010", "1", "Ioc"));
  expect(exchange.orderStatus(ALICE, oid)?.status).toBe("selfTradeCanceled");
  expect(exchange.fills(ALICE).map(({ px }) => px)).toEqual(["3010"]);
});

test("a smaller size at the same price keeps its place in the queue, a larger one goes to its end", () => {
  for (const [sz, first] of [
    ["0.5", ALICE],
    ["2", CAROL],
  ] as const) {
    const exchange = smallExchange();
    const oid = restingOid(one(exchange, ALICE, limit(ETH, "sell", "3010", "1")));
    one(exchange, CAROL, limit(ETH, "sell", "3010", "1"));
    expect(exchange.modify(ALICE, { oid, order: limit(ETH, "sell", "3010", sz) })).toEqual({
      resting: { oid: expect.any(Number) },
    });
    expect(exchange.orderStatus(ALICE, oid)?.status).toBe("canceled");
    one(exchange, BOB, limit(ETH, "buy", "3010", "0.4", "Ioc"));
    expect(exchange.fills(first)).toHaveLength(1);
  }
});

test("an order can be cancelled once, by either of its names, and what became of it stays known", () => {
  const exchange = quoted();
  const cloid = `0x${"01".repeat(16)}` as const;
  one(exchange, ALICE, limit(ETH, "buy", "2900", "1", "Gtc", { c: cloid }));
  expect(exchange.cancelByCloid(ALICE, [{ asset: ETH, cloid }])).toEqual(["success"]);
  expect(exchange.cancelByCloid(ALICE, [{ asset: ETH, cloid }])).toEqual([
    { error: "Order was never placed, already canceled, or filled." },
  ]);
  expect(exchange.orderStatus(ALICE, cloid)).toMatchObject({ status: "canceled", order: { cloid, sz: "1" } });
  expect(exchange.cancel(BOB, [{ a: ETH, o: exchange.orderStatus(ALICE, cloid)?.order.oid ?? 0 }])).toEqual([
    { error: "Order was never placed, already canceled, or filled." },
  ]);
});

test("children wait for their parent, then for their price, and the one that fills ends the other", () => {
  const exchange = quoted();
  const statuses = exchange.order(
    ALICE,
    [limit(ETH, "buy", "3010", "1"), stop(ETH, "sell", "3200", "1", "tp"), stop(ETH, "sell", "2800", "1", "sl")],
    "normalTpsl",
  );
  expect(statuses).toEqual([{ filled: expect.objectContaining({ totalSz: "1" }) }, "waitingForFill", "waitingForFill"]);
  const [sl, tp] = exchange.openOrders(ALICE);
  expect([tp?.triggerCondition, sl?.triggerCondition]).toEqual(["Price above 3200", "Price below 2800"]);
  one(exchange, BOB, limit(ETH, "buy", "2750", "10"));
  exchange.cancel(BOB, [{ a: ETH, o: exchange.openOrders(BOB).find(({ limitPx }) => limitPx === "2990")?.oid ?? 0 }]);
  for (let n = 1; n < 4; n++) {
    exchange.setOracle("ETH", "2700");
    exchange.advance(START + n * 60_000);
  }
  expect(exchange.orderStatus(ALICE, sl?.oid ?? 0)?.status).toBe("filled");
  expect(exchange.orderStatus(ALICE, tp?.oid ?? 0)?.status).toBe("siblingFilledCanceled");
  expect(szi(exchange, ALICE)).toBe("0");
});

test("children end with a parent that its owner takes back", () => {
  const exchange = quoted();
  const [parent] = exchange.order(ALICE, [limit(ETH, "buy", "2980", "1"), stop(ETH, "sell", "2800", "1", "sl")], "normalTpsl");
  const [shown] = exchange.openOrders(ALICE);
  expect(shown?.children).toHaveLength(1);
  exchange.cancel(ALICE, [{ a: ETH, o: restingOid(parent) }]);
  expect(exchange.orderStatus(ALICE, shown?.children[0]?.oid ?? 0)?.status).toBe("canceled");
});

test("a stop of the position has the position's size when it goes", () => {
  const exchange = quoted();
  one(exchange, ALICE, limit(ETH, "buy", "3010", "1", "Ioc"));
  expect(exchange.order(ALICE, [stop(ETH, "sell", "2900", "0", "sl")], "positionTpsl")).toEqual(["waitingForTrigger"]);
  one(exchange, ALICE, limit(ETH, "buy", "3010", "2", "Ioc"));
  expect(szi(exchange, ALICE)).toBe("3");
  exchange.cancel(
    BOB,
    exchange.openOrders(BOB).map(({ oid }) => ({ a: ETH, o: oid })),
  );
  one(exchange, BOB, limit(ETH, "buy", "2850", "10"));
  exchange.setOracle("ETH", "2850");
  expect(szi(exchange, ALICE)).toBe("0");
});

test("a spot buyer pays the fee in what is bought, or in the quote where the switch says so", () => {
  for (const spotBuyFee of ["base", "quote"] as const) {
    const exchange = smallExchange({ switches: { spotBuyFee } });
    exchange.depositToken(BOB, "PURR", "10000");
    exchange.usdClassTransfer(ALICE, "1000", true);
    exchange.usdClassTransfer(ALICE, "1000", false);
    one(exchange, BOB, limit(PURR, "sell", "0.2", "1000"));
    one(exchange, ALICE, limit(PURR, "buy", "0.2", "1000", "Ioc"));
    const totals = Object.fromEntries(exchange.spotState(ALICE).balances.map(({ coin, total }) => [coin, total]));
    expect(totals).toEqual(spotBuyFee === "base" ? { USDC: "800", PURR: "999.3" } : { USDC: "799.86", PURR: "1000" });
    exchange.audit();
  }
});

test("a resting spot order holds what it pays with until it is gone", () => {
  const exchange = smallExchange();
  exchange.usdClassTransfer(ALICE, "100", false);
  const oid = restingOid(one(exchange, ALICE, limit(PURR, "buy", "0.1", "500")));
  expect(exchange.spotState(ALICE).balances).toMatchObject([{ total: "100", hold: "50" }]);
  expect(exchange.usdClassTransfer(ALICE, "60", true)).toEqual({ ok: false, error: "Insufficient balance for transfer." });
  exchange.cancel(ALICE, [{ a: PURR, o: oid }]);
  expect(exchange.spotState(ALICE).balances).toMatchObject([{ total: "100", hold: "0" }]);
});

test("a refused order that carries the name of a live one does not hide it", () => {
  const exchange = quoted();
  const cloid = `0x${"02".repeat(16)}` as const;
  const oid = restingOid(one(exchange, ALICE, limit(ETH, "buy", "2900", "1", "Gtc", { c: cloid })));
  one(exchange, ALICE, limit(ETH, "buy", "2900", "0.001", "Gtc", { c: cloid }));
  expect(exchange.orderStatus(ALICE, cloid)).toMatchObject({ status: "open", order: { oid } });
});

test("a modify that the venue refuses for good leaves the old order, one that then finds no margin does not", () => {
  const exchange = quoted();
  const oid = restingOid(one(exchange, ALICE, limit(ETH, "buy", "2900", "1")));
  expect(exchange.modify(ALICE, { oid, order: limit(ETH, "buy", "2900.123", "1") })).toHaveProperty("error");
  expect(exchange.openOrders(ALICE)).toHaveLength(1);
  expect(exchange.modify(ALICE, { oid, order: limit(ETH, "buy", "2900", "1000") })).toEqual({
    error: "Insufficient margin to place order.",
  });
  expect(exchange.openOrders(ALICE)).toEqual([]);
  expect(exchange.orderStatus(ALICE, oid)?.status).toBe("canceled");
});

test("a partly filled order rests with what is left and says what was filled", () => {
  const exchange = quoted();
  expect(one(exchange, ALICE, limit(ETH, "buy", "3010", "12"))).toMatchObject({ filled: { totalSz: "10", avgPx: "3010" } });
  expect(exchange.openOrders(ALICE)).toMatchObject([{ sz: "2", origSz: "12", limitPx: "3010" }]);
});
