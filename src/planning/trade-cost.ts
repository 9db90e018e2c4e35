import { BPS, type Decimal, max, ONE, ZERO } from "../core/decimal.ts";
import type { Book } from "./plan.ts";
import { walkBook } from "./walk-book.ts";

export interface TradeToCost {
  readonly side: "buy" | "sell";
  /** Whole coins. */
  readonly size: Decimal;
  /** USD for a whole coin, as it is pinned. */
  readonly price: Decimal;
  readonly fee_bps: Decimal;
  readonly slippage_bps: Decimal;
  /** Null: not known. */
  readonly book: Book | null;
}

/** The fee on what is traded and what walking the book costs, in USD. What is not there, or not known, costs all of the slippage. */
export function tradeCost({ side, size, price, fee_bps, slippage_bps, book }: TradeToCost): Decimal {
  const slip = slippage_bps.div(BPS);
  const fee = size.times(price).times(fee_bps).div(BPS);
  const worst = price.times(side === "buy" ? ONE.plus(slip) : ONE.minus(slip));
  const levels = side === "buy" ? (book?.asks ?? []) : (book?.bids ?? []);
  const { filled, usd } = walkBook(levels, size, worst, side);
  const there = filled.times(price);
  const walked = side === "buy" ? usd.minus(there) : there.minus(usd);
  return fee.plus(max(ZERO, walked)).plus(size.minus(filled).times(price).times(slip));
}
