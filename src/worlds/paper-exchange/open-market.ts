import type { Instant } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { Exchange } from "./engine/exchange.ts";
import type { ExchangeConfig, PerpConfig, Switches } from "./engine/types.ts";
import { PaperMarket } from "./market/paper-market.ts";
import { readBooks, readCandles } from "./market/read-market-file.ts";
import { BookSource, CandleSource } from "./market/replay-sources.ts";
import { SeededSource, type SeededSpec } from "./market/seeded-source.ts";
import type { MarketSource } from "./market/source.ts";
import { MOVES, PERPS, SPOTS, TOKENS } from "./paper-universe.ts";

/** Where a paper exchange's prices come from; left out, from the seed. */
export type MarketInput =
  /** By the market's name: the text of a file of candles (CSV with the header t,o,h,l,c,v, or JSON). */
  | { readonly candles: Readonly<Record<string, string>> }
  /** The text of a file of recorded books (JSON as `l2Book` gives them, one a line or a list). */
  | { readonly books: string };

export interface OpenMarketOptions {
  readonly seed: string;
  /** When time begins; null for where the files begin, or the default. */
  readonly start: Instant | null;
  /** Milliseconds from one move of the market to the next. */
  readonly step: number;
  readonly market: MarketInput | null;
  readonly regime: NonNullable<SeededSpec["regime"]> | null;
  readonly switches: Partial<Switches>;
  readonly saved: unknown;
}

/** An exchange with a market in it that moves as time passes. */
export interface OpenedMarket {
  readonly exchange: Exchange;
  /** Lets time pass. The market moves at the same instants however the way is cut. */
  advance(until: Instant): void;
  save(): Json;
}

const START: Instant = Date.UTC(2026, 0, 5);

/**
 * Opens the market, or goes on with a saved one.
 *
 * @throws {MarketFileError}
 * @throws {UsageError}
 */
export function openMarket(options: OpenMarketOptions): OpenedMarket {
  const { step, switches } = options;
  const { source, perps, start, seeded } = readSource(options);
  const saved = options.saved as { readonly exchange: Json; readonly source: Json } | undefined;
  const config: ExchangeConfig = { start, perps, ...(seeded ? { tokens: TOKENS, spots: SPOTS } : {}), switches };
  const exchange = saved === undefined ? new Exchange(config) : Exchange.restore(saved.exchange);
  const market = new PaperMarket(exchange, source);
  if (saved === undefined) market.step(start);
  else market.load(saved.source);
  return {
    exchange,
    advance(until) {
      for (let at = nextStep(exchange.now, step); at <= until; at = nextStep(at, step)) market.step(at);
      if (until > exchange.now) exchange.advance(until);
    },
    save: () => ({ exchange: exchange.snapshot(), source: market.save() }),
  };
}

function nextStep(now: Instant, step: number): Instant {
  return (Math.floor(now / step) + 1) * step;
}

interface Read {
  readonly source: MarketSource;
  readonly perps: readonly PerpConfig[];
  readonly start: Instant;
  readonly seeded: boolean;
}

function readSource({ seed, start, market, regime }: OpenMarketOptions): Read {
  if (market === null) {
    const from = start ?? START;
    const spec = { seed, start: from, markets: MOVES, ...(regime === null ? {} : { regime }) };
    return { source: new SeededSource(spec), perps: PERPS, start: from, seeded: true };
  }
  if ("books" in market) {
    const books = readBooks(market.books);
    const from = start ?? books[0]?.time ?? START;
    const first = new Map([...books].reverse().map(({ coin, levels }) => [coin, levels[0][0]?.px ?? levels[1][0]?.px ?? 1]));
    const perps = [...first].map(([coin, price]) => perpAt(coin, price));
    return { source: new BookSource(books), perps, start: from, seeded: false };
  }
  const markets = Object.entries(market.candles).map(([coin, text]) => ({ coin, candles: readCandles(text) }));
  if (markets.length === 0) throw new UsageError("a market needs candles", { remedy: "Give a file for each market." });
  const from = start ?? Math.max(...markets.map(({ candles }) => candles[0]?.t ?? START));
  const perps = markets.map(({ coin, candles }) => perpAt(coin, candles[0]?.o ?? 1));
  return { source: new CandleSource(markets, from), perps, start: from, seeded: false };
}

/** A perpetual at a price: the one that is known by that name, or one whose lot is worth about a dollar. */
function perpAt(coin: string, price: number): PerpConfig {
  const known = PERPS.find((perp) => perp.coin === coin);
  const szDecimals = known?.szDecimals ?? Math.min(5, Math.max(0, Math.round(Math.log10(price))));
  return { maxLeverage: 20, ...known, coin, szDecimals, oracle: price.toFixed(6 - szDecimals) };
}
