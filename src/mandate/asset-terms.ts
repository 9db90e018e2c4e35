import { perObject } from "../core/per-object.ts";
import { type AssetId, type ChainLabel, splitAssetId } from "../protocols/effects.ts";
import { isPositionSymbol } from "../protocols/uniswap-v3/position.ts";
import { linkedAsset } from "./linked-assets.ts";
import { pricedAs } from "./priced-as.ts";
import type { Terms } from "./terms.ts";

/** What the terms say of one asset. */
export interface AssetTerms {
  readonly chain: ChainLabel;
  readonly symbol: string;
  /** The asset that a holding is an exposure to: native coin is what it is priced as, shares are what they redeem, and what routes carry between chains is one. */
  readonly underlying: AssetId;
  readonly underlyingSymbol: string;
  /** Whether the exposure is to the numeraire. */
  readonly cash: boolean;
  /** Whether its own symbol is among allowed_tokens. */
  readonly allowed: boolean;
  /** Whether it is part of the portfolio's value: what is allowed is, and liquidity positions are. */
  readonly counts: boolean;
  /** Whether a day's spend of it is limited in whole tokens. */
  readonly hasUnitLimit: boolean;
  /** Whether limits in units stand in for a price. Where the mandate names a price nothing else will do while that is missing. */
  readonly needsNoPrice: boolean;
  /** Whether it is its chain's gas. */
  readonly native: boolean;
}

/** What the terms say of each asset, whether or not their book names it. */
export const assetsOf = perObject((terms: Terms): ((asset: AssetId) => AssetTerms) => {
  const named = new Map<AssetId, AssetTerms>();
  for (const [chain, { native, assets }] of Object.entries(terms.book.chains)) {
    for (const symbol of [native.symbol, ...Object.keys(assets)]) {
      const asset: AssetId = `${chain}/${symbol}`;
      named.set(asset, assetTerms(terms, asset));
    }
  }
  return (asset) => named.get(asset) ?? assetTerms(terms, asset);
});

function assetTerms({ book, limits, numeraire }: Terms, asset: AssetId): AssetTerms {
  const { chain, symbol } = splitAssetId(asset);
  const entry = book.chains[chain];
  const underlyingSymbol = entry ? pricedAs(entry, symbol) : symbol;
  const allowed = limits.allowed_tokens.includes(symbol);
  const hasUnitLimit = Object.hasOwn(limits.max_daily_spend, symbol);
  return {
    chain,
    symbol,
    underlying: linkedAsset(book, underlyingSymbol === symbol ? asset : `${chain}/${underlyingSymbol}`),
    underlyingSymbol,
    cash: underlyingSymbol === numeraire,
    allowed,
    counts: allowed || isPositionSymbol(symbol),
    hasUnitLimit,
    needsNoPrice: hasUnitLimit && Object.hasOwn(limits.max_single_trade, symbol) && !entry?.feeds[underlyingSymbol],
    native: entry?.native.symbol === symbol,
  };
}
