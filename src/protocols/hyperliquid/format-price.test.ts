import fc from "fast-check";
import { expect, test } from "vitest";
import { Decimal, decimal } from "../../core/decimal.ts";
import { formatPrice, isOnGrid, type PriceRule, roundPrice } from "./format-price.ts";

const perp = (sz_decimals: number): PriceRule => ({ kind: "perp", sz_decimals });
const spot = (sz_decimals: number): PriceRule => ({ kind: "spot", sz_decimals });

/** Price, rule, rounded down, rounded up. */
const ROUNDED: readonly (readonly [string, PriceRule, string, string])[] = [
  ["12345.6", perp(0), "12345", "12346"],
  ["0.00123456", perp(0), "0.001234", "0.001235"],
  ["0.1234567", perp(0), "0.12345", "0.12346"],
  ["123.456", perp(5), "123.4", "123.5"],
  ["1234567", perp(0), "1234567", "1234567"],
  ["1.1000", perp(0), "1.1", "1.1"],
  ["123456.7", perp(0), "123456", "123457"],
  ["99999.5", perp(0), "99999", "100000"],
  ["9.99996", perp(0), "9.9999", "10"],
  ["0.000123456", spot(0), "0.00012345", "0.00012346"],
  ["0.0001234", spot(3), "0.00012", "0.00013"],
];

test.each(ROUNDED)("%s by %o is %s down and %s up", (price, rule, down, up) => {
  expect(formatPrice(decimal(price), rule, "down")).toBe(down);
  expect(formatPrice(decimal(price), rule, "up")).toBe(up);
});

const GRID: readonly (readonly [string, PriceRule, boolean])[] = [
  ["1234.5", perp(1), true],
  ["1234.56", perp(1), false],
  ["123456", perp(1), true],
  ["12345.6", perp(1), false],
  ["0.001234", perp(0), true],
  ["0.0012345", perp(0), false],
  ["0.01234", perp(1), true],
  ["0.012345", perp(1), false],
  ["0.0001234", spot(0), true],
  ["0", perp(0), false],
];

test.each(GRID)("%s by %o is on the grid: %s", (price, rule, on) => {
  expect(isOnGrid(decimal(price), rule)).toBe(on);
});

test("a price below one tick is refused downwards and is one tick upwards", () => {
  expect(() => formatPrice(decimal("0.0000001"), perp(0), "down")).toThrow("rounds to nothing");
  expect(formatPrice(decimal("0.0000001"), perp(0), "up")).toBe("0.000001");
  expect(() => formatPrice(decimal("-5"), perp(0), "down")).toThrow("rounds to nothing");
});

test("a rounded price is on the grid, on the stated side, and less than a tick away", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 16n }),
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom("perp" as const, "spot" as const),
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom("down" as const, "up" as const),
      (digits, scale, kind, sz_decimals, rounding) => {
        const price = new Decimal(digits.toString()).div(new Decimal(10).pow(scale));
        const rule = { kind, sz_decimals };
        // Five figures and the market's places, but never coarser than whole dollars.
        const figures = new Decimal(10).pow(price.e - 4);
        const least = new Decimal(10).pow(sz_decimals - (kind === "perp" ? 6 : 8));
        const tick = Decimal.min(1, Decimal.max(figures, least));
        if (rounding === "down" && price.lt(tick)) {
          expect(() => roundPrice(price, rule, rounding)).toThrow("rounds to nothing");
          return;
        }
        const rounded = roundPrice(price, rule, rounding);
        const off = rounding === "down" ? price.minus(rounded) : rounded.minus(price);
        expect(isOnGrid(rounded, rule)).toBe(true);
        expect(off.gte(0) && off.lt(tick)).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});
