import type { Decimal } from "./decimal.ts";

/**
 * Comparisons of sums and products that do the arithmetic only where the sides lie close.
 *
 * Each is made in doubles first, whose error is bounded. Where the difference is within that bound, or a side is too large
 * or too small for doubles, it is made in decimals: the answer is always that of the decimals.
 */

/** Whether `a > b`. */
export function isAbove(a: Decimal, b: Decimal): boolean {
  const left = nearly(a);
  const right = nearly(b);
  const difference = left - right;
  const doubt = (Math.abs(left) + Math.abs(right)) * DOUBT;
  if (difference > doubt) return true;
  if (difference < -doubt) return false;
  return a.gt(b);
}

/** Whether `a + b > limit`. */
export function sumIsAbove(a: Decimal, b: Decimal, limit: Decimal): boolean {
  const first = nearly(a);
  const second = nearly(b);
  const most = nearly(limit);
  const difference = first + second - most;
  const doubt = (Math.abs(first) + Math.abs(second) + Math.abs(most)) * DOUBT;
  if (difference > doubt) return true;
  if (difference < -doubt) return false;
  return a.plus(b).gt(limit);
}

/** Whether `a · b > c · d`. */
export function productIsAbove(a: Decimal, b: Decimal, c: Decimal, d: Decimal): boolean {
  const left = nearly(a) * nearly(b);
  const right = nearly(c) * nearly(d);
  const difference = left - right;
  const doubt = (Math.abs(left) + Math.abs(right)) * DOUBT;
  if (difference > doubt) return true;
  if (difference < -doubt) return false;
  return a.times(b).gt(c.times(d));
}

/** Whether `(a + b) · c > d · e`. */
export function sumTimesIsAbove(a: Decimal, b: Decimal, c: Decimal, d: Decimal, e: Decimal): boolean {
  const first = nearly(a);
  const second = nearly(b);
  const factor = nearly(c);
  const right = nearly(d) * nearly(e);
  const difference = (first + second) * factor - right;
  const doubt = ((Math.abs(first) + Math.abs(second)) * Math.abs(factor) + Math.abs(right)) * DOUBT;
  if (difference > doubt) return true;
  if (difference < -doubt) return false;
  return a.plus(b).times(c).gt(d.times(e));
}

/**
 * By what share of its terms' magnitudes a difference in doubles may be off: 1.1 × 10^-13. {@link nearly} is off by less
 * than 1.1 × 10^-14 of its value, a product of two by less than 2.3 × 10^-14, and the additions by less than 10^-15 of all
 * terms: this is more than four times that.
 */
const DOUBT = 2 ** -43;

/** What is beyond 10^±70 is compared in decimals, so that no product of two can leave the range of doubles. */
const FARTHEST = 70;

/** What the first word of a decimal counts, by the decimal's exponent + {@link FARTHEST}: words have seven digits. */
const SCALES: readonly number[] = Array.from({ length: 2 * FARTHEST + 1 }, (_, i) =>
  Number(`1e${7 * Math.floor((i - FARTHEST) / 7)}`),
);

/**
 * The double near a decimal; NaN, which decides nothing, where doubles do not reach or it is no number.
 *
 * The first word is at least 1, so what is left out after the third is less than 10^-14 of the whole; the eight roundings
 * here come to less than 10^-15 of it.
 */
function nearly({ d: words, e: exponent, s: sign }: Decimal): number {
  const scale = SCALES[exponent + FARTHEST];
  if (scale === undefined) return Number.NaN;
  let value = words[0] ?? Number.NaN;
  if (words.length > 1) value += (words[1] ?? 0) * 1e-7;
  if (words.length > 2) value += (words[2] ?? 0) * 1e-14;
  return sign * value * scale;
}
