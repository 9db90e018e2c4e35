import { BPS, roundUp } from "../../core/decimal.ts";
import type { Violation } from "../verdict.ts";
import type { Rule } from "./rule.ts";

export const prices: Rule = ({ unpriced, prices: known, effects }) => {
  const gasAssets = effects.gas.filter(({ most }) => !most.isZero()).map(({ asset }) => asset);
  return [...new Set([...unpriced, ...gasAssets])].flatMap((asset) => {
    const price = known[asset];
    if (price && "usd" in price) return [];
    if (!price) return [{ code: "PRICE_UNKNOWN" as const, message: `there is no price for ${asset}` }];
    return [{ code: price.missing, message: price.reason }];
  });
};

export const slippage: Rule = ({ terms, atWorst, loss_usd, traded_usd }) => {
  const limit = terms.limits.max_slippage_bps;
  if (atWorst.class === "reduce" || limit === "unlimited" || traded_usd.isZero()) return [];
  if (loss_usd.times(BPS).lte(traded_usd.times(limit))) return [];
  const bps = roundUp(loss_usd.times(BPS).div(traded_usd), 2).toFixed();
  const message = `the bytes guarantee ${bps} bps less than they give at pinned prices; ${limit.toFixed()} bps is the most`;
  return [{ code: "SLIPPAGE", limit: "max_slippage_bps", value: bps, allowed: limit.toFixed(), message }];
};

export const suppliedPools: Rule = ({ terms, effects }) =>
  effects.pools.flatMap(({ pool, bps }): Violation[] => {
    const limit = terms.limits.max_slippage_bps;
    if (limit === "unlimited" || bps?.lte(limit)) return [];
    const value = bps === null ? "unknown" : roundUp(bps, 2).toFixed();
    const message = `${pool} stands ${value} bps off the pinned price; liquidity goes in at ${limit.toFixed()} bps or less`;
    return [{ code: "SLIPPAGE", limit: "max_slippage_bps", value, allowed: limit.toFixed(), message }];
  });

/** Judged against the pinned price, so that no push of a pool's own price makes room, and many small trades are one. */
export const priceImpact: Rule = ({ terms, effects, atWorst }) => {
  const limit = terms.limits.max_price_impact_bps;
  if (limit === "unlimited" || atWorst.class === "reduce") return [];
  return (effects.impacts ?? []).flatMap(({ pool, before_bps: before, after_bps: after }): Violation[] => {
    const named = { code: "PRICE_IMPACT", limit: "max_price_impact_bps", allowed: limit.toFixed() } as const;
    if (before === null || after === null) {
      return [{ ...named, value: "unknown", message: `how far ${pool} stands off the pinned price is not known` }];
    }
    const closer = after.abs().lte(before.abs()) && after.isNegative() === before.isNegative();
    if (closer || after.abs().lte(limit)) return [];
    const value = roundUp(after.abs(), 2).toFixed();
    const message = `${pool} would stand ${value} bps off the pinned price; a trade may push it to ${limit.toFixed()} bps and no further`;
    return [{ ...named, value, message }];
  });
};
