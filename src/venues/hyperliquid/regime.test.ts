import { expect, test } from "vitest";
import { confirmed, type Regime, regimeFrom } from "./regime.ts";
import { changeOver, correlationOf, returnsOf, risesInHalves, trendScore, yearlyVolatility } from "./series-figures.ts";

test.each([
  ["C1: 20 % up with higher highs", { r: 20, hh: true, v: 0.5, f: 0 }, "trending-bull", "0.6"],
  ["C1: exactly 10 % is no bull trend", { r: 10, hh: true, v: 0.5, f: 0 }, "unknown", "0.4"],
  ["20 % up without higher highs is none", { r: 20, hh: false, v: 0.5, f: 0 }, "unknown", "0.4"],
  ["11 % down", { r: -11, hh: false, v: 0.5, f: 0 }, "trending-bear", "0.6"],
  ["C2: 2 % at 25 %", { r: 2, hh: false, v: 0.25, f: 0.005 }, "range-bound", "0.6"],
  ["exactly 5 % is no range", { r: 5, hh: false, v: 0.25, f: 0.005 }, "unknown", "0.4"],
  ["funding above 0.01 % in quiet", { r: 7, hh: false, v: 0.35, f: 0.011 }, "carry-friendly", "0.5"],
  ["C4: 2 % at 45 %", { r: 2, hh: false, v: 0.45, f: 0.008 }, "unknown", "0.4"],
  ["a month that is not known", { r: null, hh: false, v: 0.2, f: null }, "unknown", "0.4"],
] as const)("%s", (_, { r, hh, v, f }, regime, confidence) => {
  const features = { return_30d_pct: r, higher_highs: hh, volatility: v, funding_8h_pct: f };
  expect(regimeFrom(features)).toEqual({ regime, confidence });
});

const bull: Regime = { regime: "trending-bull", confidence: "0.6" };
const range: Regime = { regime: "range-bound", confidence: "0.6" };

test.each([
  ["C5: two of three do not confirm", [bull, bull, range], "unknown"],
  ["C7: two samples are too few", [bull, bull], "unknown"],
  ["three of three do", [bull, bull, bull, range], "trending-bull"],
] as const)("%s", (_, looks, regime) => {
  expect(confirmed(looks).regime).toBe(regime);
});

test("figures of a series are those of their definition, and none where there are too few closes", () => {
  expect(changeOver([100, 110], 1)).toBeCloseTo(0.1);
  expect(changeOver([100], 1)).toBeNull();
  expect(trendScore([1, 2, 3, 4], 3)).toBe(1);
  expect(trendScore([4, 3, 2, 1], 3)).toBe(-1);
  expect(trendScore([1, 2, 1, 2, 1], 3)).toBe(0);
  expect(trendScore([1, 2], 3)).toBeNull();
  const returns = returnsOf([1, Math.E, 1, Math.E, 1]);
  expect(yearlyVolatility(returns, 1, 4)).toBeCloseTo(Math.sqrt(4 / 3));
  expect(yearlyVolatility(returns, 1)).toBeNull();
  expect(correlationOf(returns, returns, 4)).toBeCloseTo(1);
  expect(
    correlationOf(
      returns,
      returns.map((one) => -one),
      4,
    ),
  ).toBeCloseTo(-1);
  expect(correlationOf(returns, [0, 0, 0, 0], 4)).toBeNull();
  expect(risesInHalves([1, 2, 2, 3], [0, 1, 1, 2])).toBe(true);
  expect(risesInHalves([1, 3, 2, 3], [0, 1, 1, 2])).toBe(false);
});
