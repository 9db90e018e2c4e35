import { isAbove, productIsAbove } from "../core/compare-decimals.ts";
import { type Decimal, decimal, max, min, ONE } from "../core/decimal.ts";
import type { Limits } from "./terms.ts";

/** A reduction counts when it removes at least this much, or {@link MIN_REDUCTION_SHARE} of the position, or all of it. */
export const MIN_REDUCTION_USD = decimal(10);
const MIN_REDUCTION_SHARE = decimal("0.05");

const HALF = decimal("0.5");

/**
 * A position of more than ten single trades must be able to leave too: half of the largest trade is enough of it.
 *
 * @param trade_usd - what `max_single_trade` lets be given up of the token, in USD. Left out: it has no limit in units.
 */
export function leastReduction({ max_single_trade_usd: trade }: Limits, position: Decimal, trade_usd?: Decimal): Decimal {
  const share = position.times(MIN_REDUCTION_SHARE);
  const trades = [...(trade === "unlimited" ? [] : [trade]), ...(trade_usd === undefined ? [] : [trade_usd])];
  return max(
    MIN_REDUCTION_USD,
    trades.reduce((least, one) => min(least, one.times(HALF)), share),
  );
}

/**
 * Whether removing `size` of a position of `held`, both in whole tokens, counts as reducing it: all of it does, and what
 * is worth {@link leastReduction}.
 *
 * @param usd - for a whole token, at least 0.
 * @param units - what `max_single_trade` lets be given up of the token. Left out: it has no limit in units.
 */
export function removesEnough(
  { max_single_trade_usd: trade }: Limits,
  size: Decimal,
  held: Decimal,
  usd: Decimal,
  units?: Decimal,
): boolean {
  if (!isAbove(held, size)) return true;
  if (productIsAbove(MIN_REDUCTION_USD, ONE, size, usd)) return false;
  return (
    !productIsAbove(held, MIN_REDUCTION_SHARE, size, ONE) ||
    (trade !== "unlimited" && !productIsAbove(trade, HALF, size, usd)) ||
    (units !== undefined && !productIsAbove(units, HALF, size, ONE))
  );
}
