import { expect, test } from "vitest";
import type { Decimal } from "../../src/core/decimal.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { LargestNow } from "../../src/mandate/verdict.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };
/** The smallest step of a size in BTC. */
const LOT = "0.00001";

async function order(house: TradingHouse, size: string, { buy = true, reduce = false } = {}): Promise<Trade> {
  const price = Math.round((await house.price("BTC")) * (buy ? 1.005 : 0.995));
  const one = { a: 0, b: buy, p: String(price), s: size, r: reduce, t: { limit: { tif: "Ioc" as const } } };
  return { type: "order", orders: [one], grouping: "na" };
}

function largestIn(outcome: Outcome): LargestNow {
  if (outcome.kind !== "refused" || !outcome.verdict.largest) throw new TypeError(`no largest size: ${outcome.kind}`);
  return outcome.verdict.largest;
}

/** Asks for too much, for a lot more than the answer, and for exactly that. */
async function takesTheAnswer(
  house: TradingHouse,
  size: string,
  how: { buy?: boolean; reduce?: boolean } = {},
): Promise<Decimal> {
  const largest = largestIn(await house.act(await order(house, size, how)));
  const [most] = largest.amounts;
  if (!most) throw new TypeError(`no size is named: ${largest.message}`);
  expect(largest.message).toContain(`largest order size now: ${most.amount.toFixed()} BTC:perp`);
  expect((await house.act(await order(house, most.amount.plus(LOT).toFixed(), how))).kind).toBe("refused");
  expect(await house.act(await order(house, most.amount.toFixed(), how))).toMatchObject({ kind: "confirmed" });
  return most.amount;
}

test("the largest order that passes now is named in the market's lots, for trades, for margin and for what closes", async () => {
  await using house = await openHouse({ written: { max_single_trade_usd: "2000", max_margin_at_risk_usd: "1500" } });
  expect(await house.act(leverage)).toMatchObject({ kind: "confirmed" });
  // Bound by a single trade.
  const opened = await takesTheAnswer(house, "0.5");
  expect(opened.decimalPlaces()).toBeLessThanOrEqual(5);
  // Bound by what liquidations could take, which the venue's engine works out for each size.
  const more = await takesTheAnswer(house, "0.035");
  // Bound by a single trade again, and then by what is left of the position.
  const close = { buy: false, reduce: true };
  const first = await takesTheAnswer(house, "0.5", close);
  const last = await takesTheAnswer(house, "0.5", close);
  expect(first.plus(last).toFixed()).toBe(opened.plus(more).toFixed());
});

test("nothing is named where a ratio is wrong, nor an order that the venue would not take", async () => {
  await using house = await openHouse({ written: { max_daily_spend_usd: "1005", max_single_trade_usd: "1000" } });
  expect(await house.act(leverage)).toMatchObject({ kind: "confirmed" });
  const price = await house.price("BTC");
  const dear = Math.round(price * 1.03);
  const one = { a: 0, b: true, p: String(dear), s: "0.01", r: false, t: { limit: { tif: "Ioc" as const } } };
  const slipping = largestIn(await house.act({ type: "order", orders: [one], grouping: "na" }));
  expect(slipping).toMatchObject({ kind: "none", because: ["SLIPPAGE"] });
  expect(slipping.message).toBe("no smaller order size passes now: slippage is a ratio, which the amount does not change");
  await takesTheAnswer(house, "0.5");
  // Less than ten dollars are left of the day, and fewer the venue takes for nothing that opens.
  const rest = largestIn(await house.act(await order(house, "0.01")));
  expect(rest).toMatchObject({ kind: "none", because: ["DAILY_SPEND"] });
});
