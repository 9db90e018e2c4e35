import { type Clock, DAY, HOUR, type Instant, isoTime, MINUTE } from "../../core/clock.ts";
import { BPS, type Decimal, decimal, min, ratio, sum } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { AssetId } from "../../protocols/effects.ts";
import type { InfoClient } from "../../protocols/hyperliquid/info-client.ts";
import type { SeenMarket } from "./observation.ts";
import { confirmed, LOOKS, type Regime, regimeFrom } from "./regime.ts";
import type { HyperliquidScope } from "./scope.ts";
import { changeOver, correlationOf, returnsOf, risesInHalves, trendScore, yearlyVolatility } from "./series-figures.ts";

/** How long candles are kept before they are asked for again: each question takes a sixtieth of a minute's quota. */
const CANDLES_FOR = 15 * MINUTE;
const LENGTH = 4 * HOUR;
const A_DAY = DAY / LENGTH;
const DAYS = 30;
const PER_YEAR = 365 * A_DAY;
/** Days that volatility, trend and correlation look back. */
const WEEK_DAYS = 7;

interface Candles {
  readonly closes: readonly number[];
  readonly highs: readonly number[];
  readonly lows: readonly number[];
}

/** Figures of the markets, and the regime of the first of them, from a month of the venue's candles and what is seen now. */
export interface MarketSignals {
  /** Plain data for `facts.metrics` and `facts.regime`. What cannot be told is not in it. */
  read(markets: readonly SeenMarket[]): Promise<{ readonly metrics: Json; readonly regime: Json }>;
}

/**
 * Reads signals of a mandate's markets. Candles are the venue's own, so a new process knows as much as an old one; the
 * change of open interest alone is of what this process has seen.
 *
 * `read` throws {@link InfoUnavailableError} and {@link InfoShapeError}.
 */
export function marketSignals({
  scope,
  info,
  clock,
}: {
  readonly scope: Pick<HyperliquidScope, "markets">;
  readonly info: Pick<InfoClient, "candles">;
  readonly clock: Clock;
}): MarketSignals {
  let kept: { readonly at: Instant; readonly candles: ReadonlyMap<string, Candles> } | null = null;
  const interest = new Map<AssetId, { readonly at: Instant; readonly usd: Decimal }[]>();

  const candlesNow = async (now: Instant) => {
    if (kept !== null && now - kept.at < CANDLES_FOR && now >= kept.at) return kept;
    const read = await Promise.all(
      Object.values(scope.markets).map(async (pin) => {
        // A spot market's own candles price nothing: it moves as what prices it.
        const coin = pin.kind === "perp" ? pin.coin : pin.priced_by;
        const all = await info.candles(coin, "4h", now - (DAYS * A_DAY + LOOKS + 1) * LENGTH, now);
        // One that has not ended says something else a moment later.
        const ended = all.filter(({ T }) => T <= now);
        const of = (pick: (candle: (typeof ended)[number]) => Decimal) => ended.map((candle) => pick(candle).toNumber());
        return [pin.coin, { closes: of(({ c }) => c), highs: of(({ h }) => h), lows: of(({ l }) => l) }] as const;
      }),
    );
    kept = { at: now, candles: new Map(read) };
    return kept;
  };

  const interestChange = ({ asset, open_interest_usd: usd }: SeenMarket, now: Instant): number | null => {
    if (usd === null) return null;
    const seen = (interest.get(asset) ?? []).filter(({ at }) => now - at <= DAY + HOUR && at <= now);
    const before = seen.findLast(({ at }) => now - at >= DAY);
    const last = seen.at(-1);
    if (last === undefined || now - last.at >= MINUTE) seen.push({ at: now, usd });
    interest.set(asset, seen);
    return before === undefined || before.usd.isZero() ? null : ratio(usd.minus(before.usd), before.usd).times(100).toNumber();
  };

  return {
    async read(markets) {
      const now = await clock.now();
      const { at, candles } = await candlesNow(now);
      const week = ({ pin }: SeenMarket) => (candles.get(pin.coin)?.closes ?? []).slice(-WEEK_DAYS * A_DAY - 1);
      const first = markets.find(({ pin }) => pin.coin === "BTC") ?? markets.find(({ pin }) => pin.kind === "perp") ?? markets[0];
      const lead = first === undefined ? [] : returnsOf(week(first));
      const rows: Record<string, Record<string, string>> = {};
      const put = (metric: string, { asset }: SeenMarket, value: Decimal | number | null) => {
        if (value === null) return;
        const text = typeof value === "number" ? value.toFixed(4) : value.toDecimalPlaces(4).toFixed();
        rows[metric] = { ...rows[metric], [asset]: text };
      };
      for (const market of markets) {
        const closes = week(market);
        const returns = returnsOf(closes);
        put("funding_rate_bps_8h", market, market.funding_hour?.times(8).times(BPS) ?? null);
        put("spread_bps", market, spreadOf(market));
        put("basis_bps", market, basisOf(market));
        put("depth_usd", market, depthOf(market));
        put("open_interest_change_pct", market, interestChange(market, now));
        put("price_change_pct", market, percent(changeOver(closes, A_DAY)));
        put("volatility_pct", market, percent(yearlyVolatility(returns, PER_YEAR)));
        put("trend_score", market, trendScore(closes));
        if (market !== first) put("correlation", market, correlationOf(returns, lead));
      }
      return {
        metrics: { source: "the venue's 4h candles of 30 days, its book and contexts", candles_as_of: isoTime(at), ...rows },
        regime: first === undefined ? null : regimeOf(first, candles.get(first.pin.coin), at),
      };
    },
  };
}

function regimeOf(market: SeenMarket, candles: Candles | undefined, at: Instant): Json {
  const funding_8h_pct = market.funding_hour?.times(800).toNumber() ?? null;
  const looks = Array.from({ length: LOOKS }, (_, back): Regime => {
    const until = <T>(values: readonly T[]) => values.slice(0, values.length - back);
    const [closes, highs, lows] = [until(candles?.closes ?? []), until(candles?.highs ?? []), until(candles?.lows ?? [])];
    const month = DAYS * A_DAY;
    return regimeFrom({
      return_30d_pct: percent(changeOver(closes, month)),
      higher_highs: risesInHalves(highs.slice(-month), lows.slice(-month)),
      volatility: yearlyVolatility(returnsOf(closes.slice(-WEEK_DAYS * A_DAY - 1)), PER_YEAR),
      funding_8h_pct,
    });
  });
  return { ...confirmed(looks), of: market.asset, source: "4h candles of 30 days; three in a row agree", as_of: isoTime(at) };
}

function percent(share: number | null): number | null {
  return share === null ? null : share * 100;
}

function spreadOf({ book }: SeenMarket): Decimal | null {
  const [bid, ask] = [book?.bids[0]?.price, book?.asks[0]?.price];
  return bid && ask ? ratio(ask.minus(bid).times(2), ask.plus(bid)).times(BPS) : null;
}

/** How far the market stands above the oracle. */
function basisOf({ pin, mark_usd, mid_usd, price_usd }: SeenMarket): Decimal | null {
  const price = pin.kind === "perp" ? mark_usd : mid_usd;
  return price && price_usd ? ratio(price.minus(price_usd), price_usd).times(BPS) : null;
}

/** Of both sides of the book within one percent of its middle, the thinner one. */
function depthOf({ book, mid_usd: mid }: SeenMarket): Decimal | null {
  if (!book || !mid) return null;
  const edge = (share: string) => mid.times(decimal(share));
  const worth = (levels: NonNullable<SeenMarket["book"]>["bids"]) => sum(levels.map(({ price, size }) => price.times(size)));
  return min(
    worth(book.bids.filter(({ price }) => price.gte(edge("0.99")))),
    worth(book.asks.filter(({ price }) => price.lte(edge("1.01")))),
  );
}
