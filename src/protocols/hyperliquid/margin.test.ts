import fc from "fast-check";
import { expect, test } from "vitest";
import { Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { flatTiers, initialMargin, liquidationPrice, maintenanceMargin, maxLeverageAt } from "./margin.ts";

const TIERS = [
  { lower_bound: ZERO, max_leverage: 40 },
  { lower_bound: decimal("150000000"), max_leverage: 20 },
];

test("maintenance margin is half the initial margin at the highest leverage", () => {
  expect(maintenanceMargin(decimal("1000"), flatTiers(50)).toFixed()).toBe("10");
  expect(maintenanceMargin(decimal("600"), flatTiers(3)).toFixed(6)).toBe("100.000000");
  expect(initialMargin(decimal("-1000"), 20).toFixed()).toBe("50");
});

test("a tier counts for what lies above its bound", () => {
  expect(maxLeverageAt(decimal("149999999"), TIERS)).toBe(40);
  expect(maxLeverageAt(decimal("150000000"), TIERS)).toBe(20);
  expect(maintenanceMargin(decimal("150000000"), TIERS).toFixed()).toBe("1875000");
  expect(maintenanceMargin(decimal("150000100"), TIERS).toFixed()).toBe("1875002.5");
});

test("a long of twice its margin is liquidated a little above half its price, a short a little below one and a half", () => {
  const tiers = flatTiers(50);
  const long = liquidationPrice({ size: decimal("1"), price: decimal("100"), equity: decimal("50"), tiers });
  expect(long?.toFixed(4)).toBe("50.5051");
  const short = liquidationPrice({ size: decimal("-1"), price: decimal("100"), equity: decimal("50"), tiers });
  expect(short?.toFixed(4)).toBe("148.5149");
  expect(liquidationPrice({ size: decimal("1"), price: decimal("100"), equity: decimal("200"), tiers })).toBeNull();
});

test("at the liquidation price equity is maintenance margin", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5_000_000, max: 5_000_000 }).filter((n) => n !== 0),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 2, max: 40 }),
      (size, price, leverage) => {
        const [s, p] = [new Decimal(size).div(100), new Decimal(price)];
        const equity = initialMargin(s.times(p), leverage);
        const found = liquidationPrice({ size: s, price: p, equity, tiers: TIERS });
        if (found === null) return size > 0;
        const then = equity.plus(s.times(found.minus(p)));
        return then
          .minus(maintenanceMargin(s.times(found), TIERS))
          .abs()
          .lt("1e-60");
      },
    ),
  );
});
