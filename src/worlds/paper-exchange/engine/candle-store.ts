import { DAY, HOUR, type Instant, MINUTE } from "../../../core/clock.ts";
import { showFixed } from "./fixed-point.ts";
import { keep } from "./state.ts";
import type { WireCandle } from "./types.ts";

const MONTH = "1M";
const LENGTHS: Readonly<Record<string, number>> = {
  "1m": MINUTE,
  "3m": 3 * MINUTE,
  "5m": 5 * MINUTE,
  "15m": 15 * MINUTE,
  "30m": 30 * MINUTE,
  "1h": HOUR,
  "2h": 2 * HOUR,
  "4h": 4 * HOUR,
  "8h": 8 * HOUR,
  "12h": 12 * HOUR,
  "1d": DAY,
  "3d": 3 * DAY,
  "1w": 7 * DAY,
};
/** The intervals that candles come in. */
export const INTERVALS: readonly string[] = [...Object.keys(LENGTHS), MONTH];
/** The newest candles that the venue keeps of an interval. */
export const CANDLES_KEPT = 5_000;

export interface Candle {
  readonly t: Instant;
  readonly end: Instant;
  o: bigint;
  h: bigint;
  l: bigint;
  c: bigint;
  /** Size traded, and its notional in millionths. */
  v: bigint;
  notional: bigint;
  n: number;
}

/** Candles of one market in every interval, made as trades and mids come. Prices and sizes in the market's units. */
export class CandleStore {
  readonly lists: Map<string, Candle[]> = new Map(INTERVALS.map((it) => [it, []]));

  trade(at: Instant, px: bigint, sz: bigint, notional: bigint): void {
    this.#take(at, px, sz, notional, 1);
  }

  /** A price without a trade: the mid as it moves. */
  price(at: Instant, px: bigint): void {
    this.#take(at, px, 0n, 0n, 0);
  }

  /** A whole candle from elsewhere, of an interval; longer ones take it up. */
  history(interval: string, candle: Candle): void {
    const list = this.lists.get(interval);
    if (list !== undefined) keep(list, candle, CANDLES_KEPT);
  }

  /** The closing price of the last candle that was over at `at`, and what was traded in the day before `at`. */
  day(at: Instant): { readonly before: bigint | null; readonly sz: bigint; readonly notional: bigint } {
    const hours = this.lists.get("1h") ?? [];
    let [before, sz, notional]: [bigint | null, bigint, bigint] = [null, 0n, 0n];
    for (let i = hours.length - 1; i >= 0; i--) {
      const hour = hours[i];
      if (hour === undefined) break;
      if (hour.t <= at - DAY) {
        before = hour.c;
        break;
      }
      before = hour.o;
      sz += hour.v;
      notional += hour.notional;
    }
    return { before, sz, notional };
  }

  #take(at: Instant, px: bigint, sz: bigint, notional: bigint, n: number): void {
    for (const [interval, list] of this.lists) {
      const last = list[list.length - 1];
      if (last === undefined || at > last.end) {
        const { t, end } = span(interval, at);
        keep(list, { t, end, o: px, h: px, l: px, c: px, v: sz, notional, n }, CANDLES_KEPT);
        continue;
      }
      if (px > last.h) last.h = px;
      if (px < last.l) last.l = px;
      last.c = px;
      last.v += sz;
      last.notional += notional;
      last.n += n;
    }
  }
}

/** The first and last millisecond of the candle that an instant is in. */
export function span(interval: string, at: Instant): { readonly t: Instant; readonly end: Instant } {
  const length = LENGTHS[interval];
  if (length !== undefined) {
    const t = Math.floor(at / length) * length;
    return { t, end: t + length - 1 };
  }
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { t: Date.UTC(year, month), end: Date.UTC(year, month + 1) - 1 };
}

export function wireCandle(candle: Candle, coin: string, interval: string, pxPlaces: number, szDecimals: number): WireCandle {
  const px = (value: bigint) => showFixed(value, pxPlaces);
  return {
    t: candle.t,
    T: candle.end,
    s: coin,
    i: interval,
    o: px(candle.o),
    c: px(candle.c),
    h: px(candle.h),
    l: px(candle.l),
    v: showFixed(candle.v, szDecimals),
    n: candle.n,
  };
}
