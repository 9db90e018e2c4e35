import type { BookSide } from "./book.ts";
import { pow10, RATE_PLACES, showFixed, USD_PLACES } from "./fixed-point.ts";
import { fundingRate, impactPrices, midOf, premium } from "./marks.ts";
import type { Market, PerpMarket, SpotMarket, State } from "./state.ts";
import type { WireBook, WireLevel } from "./types.ts";

export interface BookView {
  /** Levels of a side; the venue gives 20. */
  readonly depth?: number;
  /** Significant figures that prices are put together to. */
  readonly nSigFigs?: number;
  /** With five figures: the last is put together to 2 or 5. */
  readonly mantissa?: number;
}

/** A book as `l2Book` writes it. */
export function readBook(state: State, market: Market, { depth = 20, nSigFigs, mantissa }: BookView = {}): WireBook {
  const side = (it: BookSide) => levels(it, market, depth, nSigFigs, mantissa ?? 1);
  return { coin: market.coin, time: state.now, levels: [side(market.bids), side(market.asks)] };
}

function levels(
  side: BookSide,
  market: Market,
  depth: number,
  figures: number | undefined,
  mantissa: number,
): readonly WireLevel[] {
  const merged: { px: bigint; sz: bigint; n: number }[] = [];
  for (let i = side.levels.length - 1; i >= 0; i--) {
    const level = side.levels[i];
    if (level === undefined) break;
    const px = figures === undefined ? level.px : coarse(level.px, figures, mantissa, side.isBid);
    const last = merged[merged.length - 1];
    if (last?.px === px) {
      last.sz += level.sz;
      last.n += level.count;
    } else if (merged.length === depth) break;
    else merged.push({ px, sz: level.sz, n: level.count });
  }
  return merged.map(({ px, sz, n }) => ({ px: showFixed(px, market.pxPlaces), sz: showFixed(sz, market.szDecimals), n }));
}

function coarse(px: bigint, figures: number, mantissa: number, down: boolean): bigint {
  const digits = px.toString().length;
  if (digits < figures || (digits === figures && mantissa === 1)) return px;
  const step = pow10(digits - figures) * BigInt(mantissa);
  const floor = px - (px % step);
  return down || floor === px ? floor : floor + step;
}

/** `allMids`: the mid where both sides are there, else the mark. */
export function readMids(state: State): Readonly<Record<string, string>> {
  return Object.fromEntries([...state.markets.values()].map((it) => [it.coin, showFixed(midOf(it) ?? it.mark, it.pxPlaces)]));
}

export function readPerpContext(state: State, market: PerpMarket) {
  const px = (value: bigint) => showFixed(value, market.pxPlaces);
  const mid = midOf(market);
  const { bid, ask } = impactPrices(market);
  const day = market.candles.day(state.now);
  return {
    funding: showFixed(fundingRate(state, market), RATE_PLACES),
    openInterest: showFixed(market.openInterest, market.szDecimals),
    prevDayPx: px(day.before ?? market.mark),
    dayNtlVlm: showFixed(day.notional, USD_PLACES),
    premium: bid === null || ask === null ? null : showFixed(premium(market), RATE_PLACES),
    oraclePx: px(market.oracle),
    markPx: px(market.mark),
    midPx: mid === null ? null : px(mid),
    impactPxs: bid === null || ask === null ? null : ([px(bid), px(ask)] as const),
    dayBaseVlm: showFixed(day.sz, market.szDecimals),
  };
}

export function readSpotContext(state: State, market: SpotMarket) {
  const px = (value: bigint) => showFixed(value, market.pxPlaces);
  const mid = midOf(market);
  const day = market.candles.day(state.now);
  const supply = showFixed(state.external.get(market.base) ?? 0n, state.tokens[market.base]?.weiDecimals ?? 0);
  return {
    prevDayPx: px(day.before ?? market.mark),
    dayNtlVlm: showFixed(day.notional, USD_PLACES),
    markPx: px(market.mark),
    midPx: mid === null ? null : px(mid),
    circulatingSupply: supply,
    coin: market.coin,
    totalSupply: supply,
    dayBaseVlm: showFixed(day.sz, market.szDecimals),
  };
}

/** `meta`. Tiers of their own are table 51 and on; one tier is the table of its leverage. */
export function readPerpMeta(state: State) {
  const perps = [...state.markets.values()].filter((it) => it.kind === "perp");
  const universe = perps.map(({ config, asset }) => ({
    name: config.coin,
    szDecimals: config.szDecimals,
    maxLeverage: config.maxLeverage,
    marginTableId: config.tiers === undefined ? config.maxLeverage : 51 + asset,
    ...(config.onlyIsolated === true ? { onlyIsolated: true as const } : {}),
  }));
  const marginTables = perps.flatMap(({ config, asset }) => {
    if (config.tiers === undefined) return [];
    const marginTiers = config.tiers.map(({ lowerBound, maxLeverage }) => ({ lowerBound: plain(lowerBound), maxLeverage }));
    return [[51 + asset, { description: `tiered ${config.maxLeverage}x`, marginTiers }] as const];
  });
  return { universe, marginTables, collateralToken: 0 };
}

function plain(text: string): string {
  return text.includes(".") ? text : `${text}.0`;
}

/** `spotMeta`. */
export function readSpotMeta(state: State) {
  const universe = [...state.markets.values()].flatMap((it) =>
    it.kind === "spot"
      ? [{ name: it.coin, index: it.config.index, tokens: [it.base, it.quote] as const, isCanonical: it.coin.includes("/") }]
      : [],
  );
  const tokens = state.tokens.map(({ name, index, szDecimals, weiDecimals }) => ({
    name,
    szDecimals,
    weiDecimals,
    index,
    tokenId: `0x${index.toString(16).padStart(32, "0")}`,
    isCanonical: true,
    evmContract: null,
    fullName: null,
    deployerTradingFeeShare: "0.0",
  }));
  return { universe, tokens };
}
