import { max, ratio, ZERO } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { GatewayState } from "../gateway/contract.ts";
import type { Observation } from "../venues/venue.ts";

/** An observation's metrics, with how far the portfolio stands below its high, in percent, where both are known. */
export function withDrawdown(
  { value_usd, facts: { metrics } }: Pick<Observation, "value_usd" | "facts">,
  { high_water_usd: high }: Pick<GatewayState, "high_water_usd">,
): Json {
  const before = typeof metrics === "object" && metrics !== null && !Array.isArray(metrics) ? metrics : {};
  if (value_usd === null || high === null || !high.gt(ZERO)) return before;
  const drawdown = ratio(max(ZERO, high.minus(value_usd)), high).times(100);
  return { ...before, drawdown_pct: drawdown.toDecimalPlaces(2).toFixed() };
}
