import { type Decimal, decimal, max, min } from "../core/decimal.ts";
import type { Limits } from "./terms.ts";

/** A reduction counts when it removes at least this much, or {@link MIN_REDUCTION_SHARE} of the position, or all of it. */
export const MIN_REDUCTION_USD = decimal(10);
const MIN_REDUCTION_SHARE = decimal("0.05");

const HALF = decimal("0.5");

/** A position of more than ten single trades must be able to leave too: half of the largest trade is enough of it. */
export function leastReduction({ max_single_trade_usd: trade }: Limits, position: Decimal): Decimal {
  const share = position.times(MIN_REDUCTION_SHARE);
  return max(MIN_REDUCTION_USD, trade === "unlimited" ? share : min(share, trade.times(HALF)));
}
