import type { Instant } from "../../../core/clock.ts";
import type { Json } from "../../../core/json.ts";
import type { FileCandle, RecordedBook } from "./read-market-file.ts";
import { DEFAULT_DEPTH, type Depth, type MarketSource, type Picture, quotesAround } from "./source.ts";

/** How far into a candle its two extremes are met. */
const TURNS = [1 / 3, 2 / 3] as const;

export interface CandleMarket {
  readonly coin: string;
  readonly candles: readonly FileCandle[];
  readonly depth?: Partial<Depth>;
}

/**
 * Prices from candles. Inside a candle the price goes from open over the extreme against its direction and the other
 * extreme to close; before the first it stands at its open, after the last at its close. A tenth of the volume is flow.
 */
export class CandleSource implements MarketSource {
  readonly #markets: readonly CandleMarket[];
  #last: Instant;

  constructor(markets: readonly CandleMarket[], start: Instant) {
    this.#markets = markets;
    this.#last = start;
  }

  at(now: Instant): ReadonlyMap<string, Picture> {
    const elapsed = now - this.#last;
    this.#last = now;
    return new Map(
      this.#markets.map(({ coin, candles, depth }) => {
        const { price, rising, perMillisecond } = priceIn(candles, now);
        const flow = (perMillisecond * elapsed * (rising ? 1 : -1)) / 10;
        return [coin, { oracle: price, flow, ...quotesAround(price, { ...DEFAULT_DEPTH, ...depth }) }];
      }),
    );
  }

  save(): Json {
    return { last: this.#last };
  }

  load(saved: Json): void {
    this.#last = (saved as { readonly last: number }).last;
  }
}

/** The price on a candle's way at an instant. */
export function priceIn(candles: readonly FileCandle[], now: Instant) {
  const at = lastNotAfter(candles, now, ({ t }) => t);
  const candle = candles[Math.max(at, 0)];
  if (candle === undefined) return { price: 1, rising: true, perMillisecond: 0 };
  const { t, o, h, l, c, v } = candle;
  if (at < 0) return { price: o, rising: true, perMillisecond: 0 };
  const next = candles[at + 1]?.t ?? t + (t - (candles[at - 1]?.t ?? t - 1));
  const share = Math.min(1, (now - t) / (next - t));
  const path = c >= o ? [o, l, h, c] : [o, h, l, c];
  const leg = share < TURNS[0] ? 0 : share < TURNS[1] ? 1 : 2;
  const [from = o, to = c] = [path[leg], path[leg + 1]];
  return { price: from + (to - from) * (share * 3 - leg), rising: to >= from, perMillisecond: share >= 1 ? 0 : v / (next - t) };
}

/** Markets as they were recorded: the newest book not after the instant, with its mid for an oracle. */
export class BookSource implements MarketSource {
  readonly #byCoin: ReadonlyMap<string, readonly RecordedBook[]>;

  constructor(books: readonly RecordedBook[]) {
    this.#byCoin = Map.groupBy(books, ({ coin }) => coin);
  }

  at(now: Instant): ReadonlyMap<string, Picture> {
    const pictures = new Map<string, Picture>();
    for (const [coin, books] of this.#byCoin) {
      const book =
        books[
          Math.max(
            0,
            lastNotAfter(books, now, ({ time }) => time),
          )
        ];
      if (book === undefined) continue;
      const [bids, asks] = book.levels;
      const oracle = ((bids[0]?.px ?? 0) + (asks[0]?.px ?? 0)) / 2;
      pictures.set(coin, { oracle, bids, asks, flow: 0 });
    }
    return pictures;
  }

  save(): Json {
    return {};
  }

  load(): void {
    // A recording has nothing but the instant that it is asked for.
  }
}

/** The index of the last item that is not after an instant, -1 for none. Items in ascending order. */
function lastNotAfter<T>(items: readonly T[], now: Instant, timeOf: (item: T) => Instant): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && timeOf(item) <= now) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
