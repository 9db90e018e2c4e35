import { type Decimal, decimal, min, ONE, roundDown, roundUp } from "../core/decimal.ts";

const TEN = decimal(10);

export interface OrderToSize {
  /** What was asked for, in whole coins. */
  readonly size: Decimal;
  /** USD for a whole coin: the limit price, or the price that a market order would meet. */
  readonly price: Decimal;
  /** The lot is 10^-decimals. */
  readonly decimals: number;
  /** The venue's minimum for an order, in USD. */
  readonly least_usd: Decimal;
  /** What is held without its sign where the order only reduces; null where it opens. */
  readonly reduces: Decimal | null;
  /** Whether the venue takes less than its minimum where the position is closed whole. */
  readonly closes_below_least: boolean;
}

export type SizedOrder =
  | { readonly size: Decimal; readonly remark: string | null }
  | { readonly size: null; readonly reason: string };

/**
 * The size that an order is sent with: whole lots, rounded down. What opens is raised to the venue's minimum; what
 * reduces is never more than is held, and is left alone where the venue would not take it.
 */
export function sizeOrder(order: OrderToSize): SizedOrder {
  const { price, decimals, least_usd, reduces } = order;
  const lots = roundDown(order.size, decimals);
  if (reduces === null) {
    if (!lots.isZero() && lots.times(price).gte(least_usd)) return { size: lots, remark: null };
    const lot = ONE.div(TEN.pow(decimals)).times(price);
    // Where a lot is worth more than the minimum, rounding up would be another order than the one asked for.
    if (order.size.isZero() || lot.gt(least_usd)) return { size: null, reason: "less than a lot" };
    const raised = roundUp(least_usd.div(price), decimals);
    return { size: raised, remark: `raised from ${order.size.toFixed()} to the venue's minimum` };
  }
  const size = min(lots, reduces);
  if (size.isZero()) return { size: null, reason: reduces.isZero() ? "nothing is held" : "less than a lot" };
  if (size.times(price).gte(least_usd)) return { size, remark: null };
  if (size.eq(reduces) && order.closes_below_least) return { size, remark: null };
  return { size: null, reason: `${size.toFixed()} is worth less than the venue's minimum of ${least_usd.toFixed()} USD` };
}
