import { Decimal as Base } from "decimal.js";
import { MandateError } from "./errors.ts";
import { shortProduct, shortSum } from "./short-decimals.ts";

/**
 * Exact decimal numbers for every amount, price and ratio.
 *
 * 160 significant digits hold any product of two 256-bit integers exactly; only a division rounds,
 * and code that divides says where it rounds ({@link roundDown}, {@link roundUp}).
 */
export const Decimal = Base.clone({
  precision: 160,
  rounding: Base.ROUND_HALF_EVEN,
  toExpNeg: -9e15,
  toExpPos: 9e15,
});
export type Decimal = Base;

export const ZERO: Decimal = new Decimal(0);
export const ONE: Decimal = new Decimal(1);
/** Basis points in one: 10,000. */
export const BPS: Decimal = new Decimal(10_000);

const PLAIN = /^-?\d+(\.\d+)?$/;

/** A value that is not a plain decimal number. */
export class NotADecimalError extends MandateError {
  constructor(value: unknown) {
    super("NOT_A_DECIMAL", `${JSON.stringify(value)} is not a plain decimal number`, {
      remedy: 'Write it in digits, for example "12.5". Exponents, NaN and Infinity are not amounts.',
    });
  }
}

/**
 * Reads a plain decimal ("-12.50"), an integer, or a bigint. Exponents, NaN, Infinity, signs other
 * than a leading minus, and spaces are refused.
 *
 * @throws {NotADecimalError}
 */
export function decimal(value: string | number | bigint): Decimal {
  const text = String(value);
  if (!PLAIN.test(text) || text.length > 400) throw new NotADecimalError(value);
  return new Decimal(text);
}

/** By class, never by shape: text from a model must not pass for a number. */
export function isDecimal(value: unknown): value is Decimal {
  return value instanceof Decimal;
}

/** Towards zero, to `places` decimal places. */
export function roundDown(value: Decimal, places: number): Decimal {
  return value.toDecimalPlaces(places, Base.ROUND_DOWN);
}

/** Away from zero, to `places` decimal places. */
export function roundUp(value: Decimal, places: number): Decimal {
  return value.toDecimalPlaces(places, Base.ROUND_UP);
}

/** `numerator / denominator` to 18 decimal places, half to even. For shares and prices that people read. */
export function ratio(numerator: Decimal, denominator: Decimal): Decimal {
  return numerator.div(denominator).toDecimalPlaces(18);
}

/** An amount in whole tokens from a token's base units. Exact. */
export function fromUnits(units: bigint, decimals: number): Decimal {
  return new Decimal(`${units}e${-decimals}`);
}

/** A token's base units, towards zero unless `rounding` says otherwise. */
export function toUnits(amount: Decimal, decimals: number, rounding: "down" | "up" = "down"): bigint {
  const scaled = amount.times(new Decimal(10).pow(decimals));
  return BigInt((rounding === "down" ? roundDown(scaled, 0) : roundUp(scaled, 0)).toFixed(0));
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total = ZERO;
  for (const value of values) total = plus(total, value);
  return total;
}

/** The sum of two, at no cost where one is 0, as most parts of most sums in a judgment are. */
export function plus(one: Decimal, other: Decimal): Decimal {
  if (other.isZero()) return one;
  return one.isZero() ? other : (shortSum(one, other, other.s, make) ?? one.plus(other));
}

/** `one` less `other`, at no cost where `other` is 0. */
export function minus(one: Decimal, other: Decimal): Decimal {
  if (other.isZero()) return one;
  return one.isZero() ? negated(other) : (shortSum(one, other, -other.s, make) ?? one.minus(other));
}

/** With the other sign; 0 has none. */
export function negated(value: Decimal): Decimal {
  return value.isZero() ? ZERO : make(-value.s, value.e, value.d);
}

/** The product of two, at no cost where one is 0 or 1, as the price of a dollar is. */
export function times(one: Decimal, other: Decimal): Decimal {
  if (one.isZero() || other.isZero()) return ZERO;
  if (isOne(other)) return one;
  return isOne(one) ? other : (shortProduct(one, other, make) ?? one.times(other));
}

/** What the library's constructor makes of the parts, without reading anything. None of its values ever changes, so that two may have the same words. */
function make(sign: number, exponent: number, words: number[]): Decimal {
  const value: { -readonly [Part in keyof Decimal]: Decimal[Part] } = Object.create(Decimal.prototype);
  value.constructor = Decimal;
  value.s = sign;
  value.e = exponent;
  value.d = words;
  return value;
}

function isOne({ d: words, e: exponent, s: sign }: Decimal): boolean {
  return exponent === 0 && sign === 1 && words.length === 1 && words[0] === 1;
}

/** Above 0. */
export function isAbove0(value: Decimal): boolean {
  return value.isPositive() && !value.isZero();
}

/** The value, or 0 where it is below. */
export function atLeast0(value: Decimal): Decimal {
  return isAbove0(value) ? value : ZERO;
}

export function max(first: Decimal, ...rest: readonly Decimal[]): Decimal {
  let most = first;
  for (const value of rest) if (value.gt(most)) most = value;
  return most;
}

export function min(first: Decimal, ...rest: readonly Decimal[]): Decimal {
  let least = first;
  for (const value of rest) if (value.lt(least)) least = value;
  return least;
}
