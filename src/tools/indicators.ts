import { ATR, BollingerBands, EMA, MACD, RSI, SMA } from "trading-signals";
import { decimal } from "../core/decimal.ts";
import type { PricePoint } from "./tool-context.ts";

export const INDICATORS = ["rsi", "sma", "ema", "macd", "bollinger", "atr"] as const;
export type Indicator = (typeof INDICATORS)[number];

/** How many points an indicator needs before it says anything. */
export function pointsNeeded(indicator: Indicator, period: number): number {
  return indicator === "macd" ? 35 : indicator === "rsi" ? period + 1 : period;
}

/**
 * An indicator's newest values, by name, to twelve significant digits. Null: too few points.
 *
 * These are statistics, no amounts: nothing is sized, priced or judged by them, so they are computed in floating point.
 * `atr` takes a point without a high and a low for a candle of one price.
 */
export function indicatorValues(
  indicator: Indicator,
  period: number,
  points: readonly PricePoint[],
): Readonly<Record<string, string>> | null {
  const closes = points.map(({ close }) => close.toNumber());
  switch (indicator) {
    case "sma":
      return one(last(new SMA(period), closes));
    case "ema":
      return closes.length < period ? null : one(last(new EMA(period), closes));
    case "rsi":
      return one(last(new RSI(period), closes));
    case "atr":
      return one(
        last(
          new ATR(period),
          points.map(({ close, high = close, low = close }) => ({
            close: close.toNumber(),
            high: high.toNumber(),
            low: low.toNumber(),
          })),
        ),
      );
    case "macd": {
      const result = last(new MACD(new EMA(12), new EMA(26), new EMA(9)), closes);
      return result === null || closes.length < pointsNeeded("macd", period)
        ? null
        : { macd: written(result.macd), signal: written(result.signal), histogram: written(result.histogram) };
    }
    case "bollinger": {
      const result = last(new BollingerBands(period), closes);
      return result && { lower: written(result.lower), middle: written(result.middle), upper: written(result.upper) };
    }
  }
}

function last<In, Out>(series: { update(value: In, replace: boolean): Out | null }, values: readonly In[]): Out | null {
  let result: Out | null = null;
  for (const value of values) result = series.update(value, false);
  return result;
}

function one(value: number | null): Readonly<Record<string, string>> | null {
  return value === null ? null : { value: written(value) };
}

function written(value: number): string {
  return decimal(value.toFixed(18)).toSignificantDigits(12).toFixed();
}
