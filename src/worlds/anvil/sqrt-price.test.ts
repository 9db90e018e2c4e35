import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { sqrtPriceX96 } from "./sqrt-price.ts";

test("equal prices and decimals give exactly 2^96", () => {
  expect(sqrtPriceX96(decimal("12.5"), 18, decimal("12.5"), 18)).toBe(2n ** 96n);
});

test("a token at 4 in one at 1 gives exactly twice that", () => {
  expect(sqrtPriceX96(decimal("4"), 6, decimal("1"), 6)).toBe(2n ** 97n);
});

test("its square is never above the price, and the next integer's always is", () => {
  const price = fc.bigInt({ min: 1n, max: 10n ** 14n }).map((units) => decimal(units).div(100_000_000));
  const decimals = fc.constantFrom(6, 8, 18);
  fc.assert(
    fc.property(price, decimals, price, decimals, (price0, decimals0, price1, decimals1) => {
      const root = sqrtPriceX96(price0, decimals0, price1, decimals1);
      const exact = price0
        .div(price1)
        .times(decimal(10n ** BigInt(decimals1)))
        .div(decimal(10n ** BigInt(decimals0)));
      const scale = decimal(2n ** 192n);
      expect(decimal(root * root).lte(exact.times(scale).times("1.0000000000000000001"))).toBe(true);
      expect(decimal((root + 1n) * (root + 1n)).gt(exact.times(scale).times("0.9999999999999999999").minus(1))).toBe(true);
    }),
  );
});
