import { ZERO } from "../core/decimal.ts";
import { splitAssetId } from "../protocols/effects.ts";
import type { Plan, PlanHolding } from "./plan.ts";

/** The plan of a portfolio that has no value, because something that it holds has no price. */
export function cannotPlan<I>(priceless: readonly Pick<PlanHolding, "account" | "asset">[]): Plan<I> {
  const detail = "without its price the portfolio has no value";
  return {
    steps: [],
    skipped: priceless.map(({ account, asset }) => ({ account, asset, reason: "no-price", detail, deviation: null })),
    clipped: [],
    value_usd: null,
    cost_usd: ZERO,
    line: `Cannot plan: no price for ${priceless.map(({ asset }) => splitAssetId(asset).symbol).join(", ")}`,
  };
}
