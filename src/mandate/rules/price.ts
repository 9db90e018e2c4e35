import { productIsAbove } from "../../core/compare-decimals.ts";
import { BPS, roundUp } from "../../core/decimal.ts";
import { HOLDS, ofEach, type Rule } from "./rule.ts";

export const prices: Rule = () =>
  ofEach(
    ({ unpriced }) => unpriced,
    (asset, { prices: known }) => {
      const price = known[asset];
      if (!price) return { code: "PRICE_UNKNOWN", message: `there is no price for ${asset}` };
      return "usd" in price ? null : { code: price.missing, message: price.reason };
    },
  );

export const slippage: Rule = ({ limits: { max_slippage_bps: limit } }) => {
  if (limit === "unlimited") return null;
  return ({ loss_usd, traded_usd }) => {
    if (traded_usd.isZero() || !productIsAbove(loss_usd, BPS, traded_usd, limit)) return HOLDS;
    const bps = roundUp(loss_usd.times(BPS).div(traded_usd), 2).toFixed();
    const message = `the bytes guarantee ${bps} bps less than they give at pinned prices; ${limit.toFixed()} bps is the most`;
    return [{ code: "SLIPPAGE", limit: "max_slippage_bps", value: bps, allowed: limit.toFixed(), message }];
  };
};

export const suppliedPools: Rule = ({ limits: { max_slippage_bps: limit } }) => {
  if (limit === "unlimited") return null;
  return ofEach(
    ({ effects }) => effects.pools,
    ({ pool, bps }) => {
      if (bps?.lte(limit)) return null;
      const value = bps === null ? "unknown" : roundUp(bps, 2).toFixed();
      const message = `${pool} stands ${value} bps off the pinned price; liquidity goes in at ${limit.toFixed()} bps or less`;
      return { code: "SLIPPAGE", limit: "max_slippage_bps", value, allowed: limit.toFixed(), message };
    },
  );
};

/** Judged against the pinned price, so that no push of a pool's own price makes room, and many small trades are one. */
export const priceImpact: Rule = ({ limits: { max_price_impact_bps: limit } }) => {
  if (limit === "unlimited") return null;
  const named = { code: "PRICE_IMPACT", limit: "max_price_impact_bps", allowed: limit.toFixed() } as const;
  return ofEach(
    ({ effects }) => effects.impacts ?? [],
    ({ pool, before_bps: before, after_bps: after }) => {
      if (before === null || after === null) {
        return { ...named, value: "unknown", message: `how far ${pool} stands off the pinned price is not known` };
      }
      const closer = after.abs().lte(before.abs()) && after.isNegative() === before.isNegative();
      if (closer || after.abs().lte(limit)) return null;
      const value = roundUp(after.abs(), 2).toFixed();
      const message = `${pool} would stand ${value} bps off the pinned price; a trade may push it to ${limit.toFixed()} bps and no further`;
      return { ...named, value, message };
    },
  );
};
