import { decimal } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";
import type { PerpMeta, SpotMeta } from "./info-schemas.ts";
import { flatTiers, type MarginTier } from "./margin.ts";

export interface PerpMarket {
  readonly kind: "perp";
  /** The dex of a builder, "" for the venue's own. */
  readonly dex: string;
  /** The market's name on the wire: "BTC". */
  readonly coin: string;
  /** The asset's number in actions. */
  readonly asset: number;
  readonly sz_decimals: number;
  readonly max_leverage: number;
  readonly margin_tiers: readonly MarginTier[];
  /** Another perpetual of the dex has its name: what the venue tells by name may be of either. */
  readonly named_twice: boolean;
  readonly only_isolated: boolean;
  readonly delisted: boolean;
}

export interface SpotToken {
  readonly name: string;
  readonly index: number;
  readonly token_id: string;
  readonly sz_decimals: number;
  readonly wei_decimals: number;
}

export interface SpotMarket {
  readonly kind: "spot";
  readonly dex: "";
  /** The market's name on the wire: "@107", or "PURR/USDC" for that one pair. */
  readonly coin: string;
  readonly asset: number;
  readonly sz_decimals: number;
  readonly base: SpotToken;
  readonly quote: SpotToken;
}

/** What can be traded: pinned by its number, its decimals and, for spot, its tokens. */
export type Market = PerpMarket | SpotMarket;

/** The venue's description of its markets contradicts itself. */
export class MarketMetaError extends MandateError {
  constructor(message: string) {
    super("HYPERLIQUID_META", message, { remedy: "Look at the venue's meta; nothing is traded on it as it is." });
  }
}

/** Where spot pairs begin among the asset numbers. */
export const SPOT_ASSETS = 10_000;

/**
 * The perpetuals of one dex. `dexIndex` is a builder dex's place in `perpDexs`, 0 for the venue's own.
 *
 * @throws {MarketMetaError}
 */
export function perpMarkets(meta: PerpMeta, dex = "", dexIndex = 0): readonly PerpMarket[] {
  if ((dex === "") !== (dexIndex === 0)) throw new MarketMetaError(`dex ${JSON.stringify(dex)} cannot be number ${dexIndex}`);
  const tables = new Map(meta.marginTables);
  const twice = repeated(meta.universe.map(({ name }) => name));
  const offset = dexIndex === 0 ? 0 : 100_000 + dexIndex * 10_000;
  return meta.universe.map(({ name, szDecimals, maxLeverage, marginTableId, onlyIsolated, isDelisted }, i) => {
    const tiers = tables.get(marginTableId)?.marginTiers.map((tier) => ({
      lower_bound: tier.lowerBound,
      max_leverage: tier.maxLeverage,
    }));
    // A table of fewer than 50 is no table: its number is the leverage itself.
    if (tiers === undefined && marginTableId >= 50) {
      throw new MarketMetaError(`${name} names margin table ${marginTableId}, which is not there`);
    }
    return {
      kind: "perp",
      dex,
      coin: name,
      asset: offset + i,
      sz_decimals: szDecimals,
      max_leverage: maxLeverage,
      margin_tiers: tiers ?? flatTiers(maxLeverage),
      named_twice: twice.has(name),
      only_isolated: onlyIsolated ?? false,
      delisted: isDelisted ?? false,
    };
  });
}

/**
 * The spot pairs.
 *
 * @throws {MarketMetaError}
 */
export function spotMarkets(meta: SpotMeta): readonly SpotMarket[] {
  const tokens = new Map(
    meta.tokens.map(({ name, index, tokenId, szDecimals, weiDecimals }) => [
      index,
      { name, index, token_id: tokenId, sz_decimals: szDecimals, wei_decimals: weiDecimals },
    ]),
  );
  return meta.universe.map(({ name, index, tokens: [baseIndex, quoteIndex] }) => {
    const [base, quote] = [tokens.get(baseIndex), tokens.get(quoteIndex)];
    if (base === undefined || quote === undefined) throw new MarketMetaError(`${name} names a token that is not there`);
    return {
      kind: "spot",
      dex: "",
      coin: name,
      asset: SPOT_ASSETS + index,
      sz_decimals: base.sz_decimals,
      base,
      quote,
    };
  });
}

function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const name of names) (seen.has(name) ? twice : seen).add(name);
  return twice;
}

/** The least value of an order that opens: 10 USD, or 10 of a pair's quote. */
export const LEAST_NOTIONAL = decimal("10");
