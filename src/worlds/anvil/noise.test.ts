import { expect, test } from "vitest";
import { noiseTrades } from "./noise.ts";
import { POOLS } from "./world-spec.ts";

const ticks = Array.from({ length: 500 }, (_, tick) => noiseTrades("seed", tick));

test("the same seed and tick give the same trades, another seed others", () => {
  expect(ticks).toEqual(ticks.map((_, tick) => noiseTrades("seed", tick)));
  expect(ticks).not.toEqual(ticks.map((_, tick) => noiseTrades("other", tick)));
});

test("they are small, of the pool's own tokens, in both directions, and never in a pool that is not traded", () => {
  const trades = ticks.flat();
  for (const { pool, sell, usd } of trades) {
    expect(POOLS[pool].traded).toBe(true);
    expect(POOLS[pool].tokens).toContain(sell);
    expect(usd.gte(20) && usd.lte(2_000)).toBe(true);
  }
  const sides = trades.filter(({ pool }) => pool === "WETH-USDC").map(({ sell }) => sell);
  expect(new Set(sides)).toEqual(new Set(["WETH", "USDC"]));
});
