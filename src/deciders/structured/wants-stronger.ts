import { type Decimal, decimal, max, ZERO } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { GatewayState } from "../../gateway/contract.ts";
import type { EscalateTerms } from "../../mandate/terms.ts";
import type { Observation } from "../../venues/venue.ts";

/** Why the mandate wants a stronger model asked now; null: it does not. */
export function wantsStronger(
  { drawdown_pct, price_pct, after_refusal }: EscalateTerms,
  seen: Pick<Observation, "value_usd" | "facts">,
  state: Pick<GatewayState, "high_water_usd" | "recent">,
): string | null {
  const { high_water_usd: high } = state;
  if (drawdown_pct !== null && high?.gt(0) && seen.value_usd !== null) {
    const drawdown = max(ZERO, high.minus(seen.value_usd).times(100).div(high));
    if (drawdown.gte(drawdown_pct)) return `drawdown ${drawdown.toDecimalPlaces(1).toFixed()} %`;
  }
  const moved = largestChange(seen.facts.price_changes).times(100);
  if (price_pct !== null && moved.gte(price_pct)) return `a price has moved ${moved.toDecimalPlaces(1).toFixed()} %`;
  const [last] = state.recent.toSorted((a, b) => b.at - a.at);
  return after_refusal && last?.kind === "refused" ? "the last request was refused" : null;
}

/** The largest of the changes by asset and span, without its sign, as a share of the older price. */
function largestChange(changes: Json | undefined): Decimal {
  if (typeof changes === "string" && /^[+-]?\d{1,9}(\.\d{1,18})?$/.test(changes)) return decimal(changes).abs();
  if (typeof changes !== "object" || changes === null) return ZERO;
  return max(ZERO, ...Object.values(changes).map(largestChange));
}
