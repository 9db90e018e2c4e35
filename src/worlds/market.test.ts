import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { type MarketProcess, type MarketState, startMarket, stepMarket, withPrice } from "./market.ts";

const calm: MarketProcess = {
  seed: "s",
  assets: { WETH: { price: "3000", annualVolatility: 0 }, GOV: { price: "12.5", annualVolatility: 0 } },
  scenario: [],
  period: MINUTE,
};
const wild: MarketProcess = { ...calm, assets: { ...calm.assets, WETH: { price: "3000", annualVolatility: 0.6 } } };

function after(market: MarketProcess, ticks: number, from: MarketState = startMarket(market)): MarketState {
  let state = from;
  for (let i = 0; i < ticks; i++) state = stepMarket(market, state);
  return state;
}

test("without volatility and scenario no price moves", () => {
  expect(after(calm, 100).prices).toEqual(startMarket(calm).prices);
});

test("one seed gives one path, another seed another", () => {
  expect(after(wild, 50)).toEqual(after(wild, 50));
  expect(after(wild, 50).prices.WETH?.toFixed()).not.toBe(after({ ...wild, seed: "t" }, 50).prices.WETH?.toFixed());
});

test("an asset's path does not depend on which others there are", () => {
  const alone = { ...wild, assets: { WETH: { price: "3000", annualVolatility: 0.6 } } };
  expect(after(alone, 30).prices.WETH?.toFixed()).toBe(after(wild, 30).prices.WETH?.toFixed());
});

test("a jump shows at the first tick that is not before it, and once", () => {
  const market = { ...calm, scenario: [{ at: 90_000, asset: "WETH", change: "+0.12" }] };
  expect(after(market, 1).prices.WETH?.toFixed()).toBe("3000");
  expect(after(market, 2).prices.WETH?.toFixed()).toBe("3360");
  expect(after(market, 9).prices.WETH?.toFixed()).toBe("3360");
});

test("a jump at the very start shows at the first tick", () => {
  const market = { ...calm, scenario: [{ at: 0, asset: "GOV", change: "-0.2" }] };
  expect(after(market, 1).prices.GOV?.toFixed()).toBe("10");
});

test("a drift arrives in full, in equal log steps", () => {
  const market = { ...calm, scenario: [{ at: 30_000, asset: "WETH", change: "-0.5", over: HOUR }] };
  expect(after(market, 31).prices.WETH?.toNumber()).toBeCloseTo(3000 * 0.5 ** (30.5 / 60), 5);
  expect(after(market, 61).prices.WETH?.toNumber()).toBeCloseTo(1500, 5);
  expect(after(market, 200).prices.WETH?.toNumber()).toBeCloseTo(1500, 5);
});

test("a price put by hand is where chance goes on from", () => {
  const state = withPrice(after(calm, 3), "WETH", decimal("2500.123456789"));
  expect(state.prices.WETH?.toFixed()).toBe("2500.12345679");
  expect(after(calm, 5, state).prices.WETH?.toFixed()).toBe("2500.12345679");
});

test("yearly volatility is what was asked for", () => {
  let state = startMarket(wild);
  let squares = 0;
  const ticks = 4_000;
  for (let i = 0; i < ticks; i++) {
    const next = stepMarket(wild, state);
    squares += Math.log((next.prices.WETH?.toNumber() ?? 0) / (state.prices.WETH?.toNumber() ?? 1)) ** 2;
    state = next;
  }
  const yearly = Math.sqrt((squares / ticks) * ((365 * 24 * HOUR) / HOUR) * 60);
  expect(yearly).toBeGreaterThan(0.57);
  expect(yearly).toBeLessThan(0.63);
});

test("prices stay above zero and within eight places, whatever happens", () => {
  const step = fc.record({
    at: fc.integer({ min: 0, max: 20 * MINUTE }),
    asset: fc.constantFrom("WETH", "GOV"),
    change: fc.constantFrom("-0.9999999", "+10", "-0.5", "0"),
    over: fc.integer({ min: 1, max: 10 * MINUTE }),
  });
  fc.assert(
    fc.property(fc.string(), fc.array(step, { maxLength: 5 }), (seed, scenario) => {
      for (const price of Object.values(after({ ...wild, seed, scenario }, 25).prices)) {
        expect(price.gt(0)).toBe(true);
        expect(price.decimalPlaces()).toBeLessThanOrEqual(8);
      }
    }),
    { numRuns: 100 },
  );
});
