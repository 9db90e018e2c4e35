import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { INDICATORS, indicatorValues, pointsNeeded } from "./indicators.ts";
import { resample } from "./resample.ts";

const points = (...prices: readonly number[]) => prices.map((price, i) => ({ at: i * 60_000, close: decimal(price) }));
const rising = (count: number) => points(...Array.from({ length: count }, (_, i) => 100 + i));

test("indicators are those of the textbooks", () => {
  expect(indicatorValues("sma", 3, points(1, 2, 3, 4))).toEqual({ value: "3" });
  expect(indicatorValues("rsi", 14, rising(40))).toEqual({ value: "100" });
  expect(indicatorValues("bollinger", 3, points(5, 5, 5))).toEqual({ lower: "5", middle: "5", upper: "5" });
  const candles = rising(10).map((point) => ({ ...point, high: point.close.plus(1), low: point.close.minus(1) }));
  expect(indicatorValues("atr", 3, candles)).toEqual({ value: "2" });
  expect(Object.keys(indicatorValues("macd", 14, rising(60)) ?? {})).toEqual(["macd", "signal", "histogram"]);
});

test.each(INDICATORS)("%s says nothing below the points that it needs, and something from there on", (indicator) => {
  const needed = pointsNeeded(indicator, 5);
  expect(indicatorValues(indicator, 5, rising(needed - 1))).toBeNull();
  expect(indicatorValues(indicator, 5, rising(needed))).not.toBeNull();
});

test("irregular prices become one at each spacing, the last that was known, and none before the first", () => {
  const irregular = [
    { at: 90, close: decimal(1) },
    { at: 110, close: decimal(2) },
    { at: 320, close: decimal(3) },
  ];
  const told = (most: number) => resample(irregular, 100, most, 450).map(({ at, close }) => [at, close.toFixed()]);
  expect(told(10)).toEqual([
    [100, "1"],
    [200, "2"],
    [300, "2"],
    [400, "3"],
  ]);
  expect(told(2)).toEqual([
    [300, "2"],
    [400, "3"],
  ]);
  expect(resample([], 100, 5, 450)).toEqual([]);
});
