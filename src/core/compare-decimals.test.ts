import fc from "fast-check";
import { expect, test } from "vitest";
import { isAbove, productIsAbove, sumIsAbove, sumTimesIsAbove } from "./compare-decimals.ts";
import { Decimal, decimal, ZERO } from "./decimal.ts";

/** Up to 160 digits, of any size that the library has, and the small whole ones that limits are. */
const anything = fc
  .tuple(
    fc.boolean(),
    fc.oneof(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: 10n ** 160n - 1n })),
    fc.oneof(fc.constant(0), fc.integer({ min: -30, max: 5 }), fc.integer({ min: -400, max: 400 })),
  )
  .map(([below, digits, exponent]) => new Decimal(`${below ? "-" : ""}${digits}e${exponent}`));

/** A step away from another number: in its last digit, by about what doubles can tell, or not at all. */
const step = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 8, 12, 13, 14, 15, 16, 17, 20, 40, 100, 159));

function beside(value: Decimal, [times, digits]: readonly [number, number]): Decimal {
  return value.plus(new Decimal(times).times(new Decimal(10).pow(value.isZero() ? -digits : value.e - digits)));
}

test("a comparison of two is that of the decimals, far apart and beside each other", () => {
  fc.assert(
    fc.property(anything, anything, step, (a, other, near) => {
      for (const b of [other, beside(a, near)]) expect(isAbove(a, b)).toBe(a.gt(b));
    }),
    { numRuns: 3000 },
  );
});

test("a sum against a limit is that of the decimals, far apart and beside each other", () => {
  fc.assert(
    fc.property(anything, anything, anything, step, (a, b, other, near) => {
      for (const limit of [other, beside(a.plus(b), near), ZERO]) expect(sumIsAbove(a, b, limit)).toBe(a.plus(b).gt(limit));
      const against = beside(a.negated(), near);
      expect(sumIsAbove(a, against, other)).toBe(a.plus(against).gt(other));
    }),
    { numRuns: 3000 },
  );
});

test("a product against another is that of the decimals, far apart and beside each other", () => {
  fc.assert(
    fc.property(anything, anything, anything, anything, step, (a, b, c, other, near) => {
      const beyond = c.isZero() ? other : beside(a.times(b).div(c), near);
      for (const d of [other, beyond, b]) expect(productIsAbove(a, b, c, d)).toBe(a.times(b).gt(c.times(d)));
      expect(productIsAbove(a, b, beside(a, near), b)).toBe(a.times(b).gt(beside(a, near).times(b)));
    }),
    { numRuns: 3000 },
  );
});

test("a sum times a factor against a product is that of the decimals, far apart and beside each other", () => {
  fc.assert(
    fc.property(anything, anything, anything, anything, step, (a, b, c, d, near) => {
      const exact = a.plus(b).times(c);
      const beyond = d.isZero() ? b : beside(exact.div(d), near);
      for (const e of [beyond, b]) expect(sumTimesIsAbove(a, b, c, d, e)).toBe(exact.gt(d.times(e)));
      const against = beside(a.negated(), near);
      expect(sumTimesIsAbove(a, against, c, d, ZERO)).toBe(a.plus(against).times(c).gt(ZERO));
      expect(sumTimesIsAbove(a, b, c, beside(a.plus(b), near), c)).toBe(exact.gt(beside(a.plus(b), near).times(c)));
    }),
    { numRuns: 3000 },
  );
});

test("what is equal is not above, and the last of 160 digits decides", () => {
  const limit = decimal(`2000.${"0".repeat(155)}1`);
  const below = decimal(`2000.${"0".repeat(154)}1`);
  expect(isAbove(limit, limit)).toBe(false);
  expect([isAbove(below, limit), isAbove(limit, below)]).toEqual([true, false]);
  const tiny = limit.minus(2000);
  expect([sumIsAbove(decimal(1500), decimal(500), decimal(2000)), sumIsAbove(limit, ZERO, decimal(2000))]).toEqual([false, true]);
  expect([sumIsAbove(decimal(2000), tiny, limit), sumIsAbove(decimal(2000), tiny, decimal(2000))]).toEqual([false, true]);
  expect(productIsAbove(decimal("0.1"), decimal(30), decimal("0.3"), decimal(10))).toBe(false);
});

test("what is no number is above nothing, and nothing is above it", () => {
  const none = new Decimal(Number.NaN);
  expect([
    isAbove(none, ZERO),
    isAbove(ZERO, none),
    sumIsAbove(none, ZERO, ZERO),
    productIsAbove(none, none, ZERO, ZERO),
  ]).toEqual([false, false, false, false]);
  const endless = new Decimal(Number.POSITIVE_INFINITY);
  expect([isAbove(endless, decimal(1)), isAbove(decimal(1), endless)]).toEqual([true, false]);
});
