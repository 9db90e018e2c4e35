import fc from "fast-check";
import { expect, test } from "vitest";
import { amountsOf, HIGHEST_TICK, leastLiquidity, Q96, sqrtRatioAtTick, squareRoot } from "./tick-math.ts";

test("the ends of the range are Uniswap's own constants", () => {
  expect(sqrtRatioAtTick(-HIGHEST_TICK)).toBe(4295128739n);
  expect(sqrtRatioAtTick(HIGHEST_TICK)).toBe(1461446703485210103287273052203988822378723970342n);
  expect(sqrtRatioAtTick(0)).toBe(Q96);
  expect(sqrtRatioAtTick(HIGHEST_TICK + 1)).toBeUndefined();
});

test("a tick up and the same tick down are each other's inverse to thirty digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), (tick) => {
      const product = (sqrtRatioAtTick(tick) ?? 0n) * (sqrtRatioAtTick(-tick) ?? 0n);
      const off = product > Q96 * Q96 ? product - Q96 * Q96 : Q96 * Q96 - product;
      expect(off * 10n ** 20n < Q96 * Q96).toBe(true);
    }),
  );
});

test("the root is the floor of the square root", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 500n }), (value) => {
      const root = squareRoot(value);
      expect(root * root <= value && (root + 1n) * (root + 1n) > value).toBe(true);
    }),
  );
});

test("below its range a position is all token0, above it all token1", () => {
  const range = { lower: sqrtRatioAtTick(-600) ?? 0n, upper: sqrtRatioAtTick(600) ?? 0n };
  const [below] = [amountsOf(10n ** 18n, { ...range, price: sqrtRatioAtTick(-700) ?? 0n })];
  const above = amountsOf(10n ** 18n, { ...range, price: sqrtRatioAtTick(700) ?? 0n });
  expect([below[0] > 0n, below[1], above[0], above[1] > 0n]).toEqual([true, 0n, 0n, true]);
});

test("whatever the price was, what was minted for two minimums is at least the least liquidity", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -200_000, max: 199_000 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 999 }),
      fc.bigInt({ min: 10n ** 9n, max: 10n ** 24n }),
      fc.bigInt({ min: 0n, max: 500n }),
      (tick, width, share, liquidity, cut) => {
        const [lower, upper] = [sqrtRatioAtTick(tick) ?? 0n, sqrtRatioAtTick(tick + width) ?? 0n];
        const price = lower + ((upper - lower) * BigInt(share)) / 1000n;
        const [used0, used1] = amountsOf(liquidity, { price, lower, upper });
        fc.pre(used0 > 10n ** 6n && used1 > 10n ** 6n);
        // Whoever minted at this price set both minimums at or below what was used.
        const least = leastLiquidity((used0 * (1000n - cut)) / 1000n, used1, { lower, upper });
        expect(least <= liquidity + liquidity / 10n ** 5n + 1n).toBe(true);
        if (cut === 0n) expect(least >= liquidity - liquidity / 10n ** 5n - 1n).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});
