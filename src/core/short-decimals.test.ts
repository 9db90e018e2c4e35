import fc from "fast-check";
import { expect, test } from "vitest";
import { Decimal, isDecimal, minus, negated, plus, times, ZERO } from "./decimal.ts";

/** From nothing to more digits than are done by words, at any place, with words of nothing but zeros and of nothing but nines. */
const anything = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc.bigInt({ min: 0n, max: 1000n }),
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.bigInt({ min: 0n, max: 10n ** 160n - 1n }),
      fc.tuple(fc.nat(90), fc.nat(40)).map(([digits, zeros]) => (10n ** BigInt(digits) - 1n) * 10n ** BigInt(zeros)),
      fc.tuple(fc.nat(90), fc.nat(40)).map(([zeros, other]) => 10n ** BigInt(zeros) + 10n ** BigInt(other)),
    ),
    fc.oneof(fc.constant(0), fc.integer({ min: -30, max: 5 }), fc.integer({ min: -200, max: 200 })),
  )
  .map(([below, digits, exponent]) => new Decimal(`${below && digits > 0n ? "-" : ""}${digits}e${exponent}`));

/** What it consists of: two that are equal may still not be the same to whoever prints one. */
const parts = ({ s, e, d }: Decimal) => ({ s, e, d });

function expectSame(got: Decimal, wanted: Decimal): void {
  // Nothing has no sign here, whatever it came of.
  expect(parts(got)).toEqual(parts(wanted.isZero() ? ZERO : wanted));
  expect(isDecimal(got)).toBe(true);
  expect(got.toFixed()).toBe(wanted.isZero() ? "0" : wanted.toFixed());
}

test("sums, differences and products are the library's, to the word", () => {
  fc.assert(
    fc.property(anything, anything, (a, b) => {
      expectSame(plus(a, b), a.plus(b));
      expectSame(minus(a, b), a.minus(b));
      expectSame(times(a, b), a.times(b));
      expectSame(minus(plus(a, b), a), a.plus(b).minus(a));
      expectSame(negated(a), a.negated());
    }),
    { numRuns: 4000 },
  );
});

test("what comes of them can be worked with like any other, and nothing that it is made of changes", () => {
  fc.assert(
    fc.property(anything, anything, anything, (a, b, c) => {
      const before = [a, b, c].map((one) => one.toFixed());
      const made = [plus(a, b), minus(a, b), times(a, b), negated(a)];
      for (const one of made) {
        const text = one.toFixed();
        expect(new Decimal(text).eq(one)).toBe(true);
        const used = [one.plus(c), one.minus(c), one.times(c), one.negated(), c.minus(one), one.toDecimalPlaces(3)];
        expect([one.toFixed(), used.every(isDecimal)]).toEqual([text, true]);
      }
      expect([a, b, c].map((one) => one.toFixed())).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

test("what is no number, or further out than words reach, is left to the library", () => {
  const far = new Decimal("1e2000000");
  const [none, endless, one] = [new Decimal(Number.NaN), new Decimal(Number.POSITIVE_INFINITY), new Decimal("1.5")];
  expect([plus(none, one), minus(one, none), times(none, one)].every((value) => value.isNaN())).toBe(true);
  expect([plus(endless, one), minus(endless, one), times(endless, one)].every((value) => value.eq(endless))).toBe(true);
  expect(times(far, one).eq("1.5e2000000")).toBe(true);
  expect(minus(far, far).isZero()).toBe(true);
});
