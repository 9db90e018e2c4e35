import { expect, test } from "vitest";
import { HOUR, SECOND } from "../../../core/clock.ts";
import { decimal } from "../../../core/decimal.ts";
import { liquidationPrice, type MarginTier } from "../../../protocols/hyperliquid/margin.ts";
import type { Exchange } from "./exchange.ts";
import { BACKSTOP } from "./state.ts";
import { BTC, ETH, limit, START, smallExchange, trader } from "./testing/small-exchange.ts";

const [ALICE, BOB, CAROL] = [trader(0), trader(1), trader(2)];

/** Alice is long so many ETH at 3,000, Bob short; Bob bids below. */
function longEth(sz: string, { leverage = 20, cross = true, config = {} } = {}): Exchange {
  const exchange = smallExchange(config);
  exchange.deposit(BOB, "100000000");
  exchange.updateLeverage(ALICE, ETH, cross, leverage);
  exchange.order(BOB, [limit(ETH, "sell", "3000", sz)]);
  exchange.order(ALICE, [limit(ETH, "buy", "3000", sz, "Ioc")]);
  return exchange;
}

function position(exchange: Exchange, who = ALICE) {
  return exchange.perpState(who).assetPositions[0]?.position;
}

test("an hour's funding is an eighth of premium and clamped interest on the oracle's notional, and adds up", () => {
  const exchange = longEth("10");
  const before = exchange.perpState(ALICE).marginSummary.accountValue;
  exchange.advance(START + HOUR);
  expect(exchange.fundingHistory("ETH")).toEqual([{ coin: "ETH", fundingRate: "0.0000125", premium: "0", time: START + HOUR }]);
  expect(exchange.fundings(ALICE).map(({ delta }) => delta.usdc)).toEqual(["-0.375"]);
  expect(exchange.fundings(BOB).map(({ delta }) => delta.usdc)).toEqual(["0.375"]);
  expect(
    decimal(before)
      .minus(decimal(exchange.perpState(ALICE).marginSummary.accountValue))
      .toFixed(),
  ).toBe("0.375");
  expect(position(exchange)?.cumFunding.sinceOpen).toBe("0.375");
});

test("perpetuals above their oracle make longs pay more", () => {
  const exchange = longEth("1");
  exchange.order(BOB, [limit(ETH, "buy", "3030", "100"), limit(ETH, "sell", "3031", "100")]);
  exchange.advance(START + HOUR);
  // 1 % premium, less what the clamp gives back: (0.01 - 0.0005) / 8.
  expect(exchange.fundingHistory("ETH")[0]?.fundingRate).toBe("0.0011875");
});

test("what may leave is what is above the margin, and a tenth of what is open at least", () => {
  const exchange = longEth("3");
  const value = exchange.perpState(ALICE).marginSummary.accountValue;
  expect(exchange.perpState(ALICE).withdrawable).toBe(decimal(value).minus("900").toFixed());
  expect(exchange.usdClassTransfer(ALICE, decimal(value).minus("899").toFixed(), false).ok).toBe(false);
  expect(exchange.usdClassTransfer(ALICE, decimal(value).minus("900").toFixed(), false).ok).toBe(true);
});

test("the liquidation price agrees with the one that the protocol computes", () => {
  for (const cross of [true, false]) {
    const exchange = longEth("50", { cross, leverage: 25 });
    const held = position(exchange);
    const tiers: readonly MarginTier[] = [{ lower_bound: decimal("0"), max_leverage: 25 }];
    const equity = cross ? decimal(exchange.perpState(ALICE).marginSummary.accountValue) : decimal(held?.marginUsed ?? "0");
    const expected = liquidationPrice({ size: decimal("50"), price: decimal("3000"), equity, tiers });
    expect(
      decimal(held?.liquidationPx ?? "0")
        .minus(expected ?? "0")
        .abs()
        .lt("0.1"),
    ).toBe(true);
  }
});

test("below maintenance the book takes the position first and what is left stays the account's", () => {
  const exchange = longEth("30", { leverage: 25 });
  exchange.order(BOB, [limit(ETH, "buy", "2700", "100")]);
  const events: string[] = [];
  exchange.on((event) => event.kind === "liquidation" && events.push(event.account));
  exchange.setOracle("ETH", "2710");
  expect(events).toEqual([ALICE]);
  expect(position(exchange)).toBeUndefined();
  expect(exchange.fills(ALICE).at(-1)?.liquidation).toEqual({
    liquidatedUser: ALICE,
    markPx: expect.any(String),
    method: "market",
  });
  expect(Number(exchange.accountValue(ALICE))).toBeGreaterThan(0);
});

test("a large position goes a fifth at a time, half a minute apart", () => {
  const exchange = longEth("75", { leverage: 25 });
  exchange.order(BOB, [limit(ETH, "buy", "2920", "100")]);
  exchange.setOracle("ETH", "2922");
  expect(position(exchange)?.szi).toBe("60");
  exchange.setOracle("ETH", "2923");
  exchange.advance(START + 29 * SECOND);
  expect(position(exchange)?.szi).toBe("60");
});

test("below two thirds of maintenance the backstop has everything, and keeps the margin", () => {
  const exchange = longEth("60", { leverage: 25 });
  exchange.setOracle("ETH", "2851");
  expect(position(exchange)).toBeUndefined();
  expect(position(exchange, BACKSTOP)?.szi).toBe("60");
  expect(exchange.accountValue(ALICE)).toBe("0");
  expect(exchange.totals().badDebt).toBe("0");
});

test("what neither account nor backstop can pay is bad debt, and the winners' positions end", () => {
  const exchange = longEth("60", { leverage: 25, config: { insurance: "100" } });
  exchange.setOracle("ETH", "1000");
  exchange.audit();
  expect(position(exchange, BACKSTOP)).toBeUndefined();
  expect(position(exchange, BOB)).toBeUndefined();
  expect(Number(exchange.totals().badDebt)).toBeLessThan(-100_000);
});

test("an isolated position falls alone", () => {
  const exchange = longEth("10", { cross: false, leverage: 10 });
  const before = decimal(exchange.perpState(ALICE).crossMarginSummary.accountValue);
  exchange.setOracle("ETH", "2600");
  expect(position(exchange)).toBeUndefined();
  expect(exchange.perpState(ALICE).crossMarginSummary.accountValue).toBe(before.toFixed());
});

test("isolated margin can be added, and taken out down to what the position needs", () => {
  const exchange = longEth("10", { cross: false, leverage: 10 });
  expect(position(exchange)?.marginUsed).toBe("3000");
  expect(exchange.updateIsolatedMargin(ALICE, ETH, 500_000_000n)).toEqual({ ok: true });
  expect(position(exchange)?.marginUsed).toBe("3500");
  expect(exchange.updateIsolatedMargin(ALICE, ETH, -500_000_001n).ok).toBe(false);
  expect(exchange.updateIsolatedMargin(ALICE, ETH, -500_000_000n).ok).toBe(true);
});

test("leverage stays where a position needs it", () => {
  const exchange = longEth("50", { leverage: 20 });
  expect(exchange.updateLeverage(ALICE, ETH, true, 26).ok).toBe(false);
  expect(exchange.updateLeverage(ALICE, ETH, true, 5).ok).toBe(false);
  expect(exchange.updateLeverage(ALICE, ETH, false, 20)).toEqual({
    ok: false,
    error: "Cannot switch leverage type with open position.",
  });
  expect(exchange.updateLeverage(ALICE, ETH, true, 25)).toEqual({ ok: true });
});

test("a maker whose margin is gone when its order is met is cancelled, and the taker goes on to the next", () => {
  const exchange = smallExchange();
  exchange.order(ALICE, [limit(ETH, "buy", "2990", "60"), limit(BTC, "buy", "99000", "0.1")]);
  exchange.order(CAROL, [limit(ETH, "buy", "2980", "1")]);
  exchange.deposit(BOB, "1000000");
  exchange.order(BOB, [limit(BTC, "sell", "99000", "0.1")]);
  exchange.setOracle("BTC", "40000");
  const [open] = exchange.openOrders(ALICE);
  exchange.order(BOB, [limit(ETH, "sell", "2980", "60", "Ioc")]);
  expect(exchange.orderStatus(ALICE, open?.oid ?? 0)?.status).toBe("marginCanceled");
  expect(exchange.fills(CAROL)).toHaveLength(1);
});

test("a dead man's switch cancels at its instant, and only for who has traded enough", () => {
  const exchange = longEth("10", { config: { switches: { scheduleCancelVolume: "20000" } } });
  expect(exchange.scheduleCancel(CAROL, START + 60_000).ok).toBe(false);
  exchange.order(ALICE, [limit(ETH, "buy", "2900", "1")]);
  expect(exchange.scheduleCancel(ALICE, START + 1_000).ok).toBe(false);
  expect(exchange.scheduleCancel(ALICE, START + 60_000)).toEqual({ ok: true });
  exchange.advance(START + HOUR);
  expect(exchange.openOrders(ALICE)).toEqual([]);
  expect(exchange.historicalOrders(ALICE)[0]).toMatchObject({ status: "scheduledCancel", statusTimestamp: START + 60_000 });
});

test("a sub-account and a vault are accounts of their own, with their own money and shares", () => {
  const exchange = smallExchange();
  const sub = exchange.createSubAccount(ALICE, "one");
  expect(exchange.ownerOf(sub)).toBe(ALICE);
  expect(exchange.subAccountTransfer(BOB, sub, true, 1n).ok).toBe(false);
  expect(exchange.subAccountTransfer(ALICE, sub, true, 1_000_000_000n)).toEqual({ ok: true });
  expect([exchange.accountValue(ALICE), exchange.accountValue(sub)]).toEqual(["9000", "1000"]);
  const vault = exchange.createVault(BOB, "v");
  expect(exchange.vaultTransfer(BOB, vault, true, 100_000_000n).ok).toBe(true);
  expect(exchange.vaultTransfer(CAROL, vault, true, 300_000_000n).ok).toBe(true);
  expect(exchange.vaultTransfer(CAROL, vault, false, 300_000_001n).ok).toBe(false);
  expect(exchange.vaultTransfer(CAROL, vault, false, 300_000_000n).ok).toBe(true);
  expect(exchange.accountValue(vault)).toBe("100");
  exchange.audit();
});

test("fees follow the volume of the 14 days before", () => {
  const fees = [
    { volume: "0", taker: "0.00045", maker: "0.00015", spotTaker: "0.0007", spotMaker: "0.0004" },
    { volume: "20000", taker: "0.0004", maker: "-0.00001", spotTaker: "0.0006", spotMaker: "0.0003" },
  ];
  const exchange = longEth("10", { config: { fees } });
  expect(exchange.feeRates(ALICE).userCrossRate).toBe("0.00045");
  exchange.advance(START + 24 * HOUR);
  expect(exchange.feeRates(ALICE)).toMatchObject({ userCrossRate: "0.0004", userAddRate: "-0.00001" });
});

test("a withdrawal takes its fee and leaves the sum whole", () => {
  const exchange = smallExchange();
  expect(exchange.withdraw(ALICE, "100")).toEqual({ ok: true });
  expect(exchange.accountValue(ALICE)).toBe("9900");
  expect(exchange.totals().earned).toBe("1");
  exchange.audit();
});

test("an isolated position that is opened far above the mark does not begin under water", () => {
  const exchange = smallExchange();
  exchange.updateLeverage(ALICE, ETH, false, 20);
  exchange.order(BOB, [limit(ETH, "sell", "4000", "1")]);
  exchange.order(ALICE, [limit(ETH, "buy", "4000", "1", "Ioc")]);
  // A twentieth of 4,000 for margin; the thousand above the mark is the cross account's loss, and its fee of 1.8.
  expect(position(exchange)?.marginUsed).toBe("200");
  expect(exchange.perpState(ALICE).withdrawable).toBe("8798.2");
});
