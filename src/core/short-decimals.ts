import type { Decimal } from "decimal.js";

/**
 * Sums and products of decimals that are short, as all amounts and prices are: exactly what the library says, to the word,
 * in a third of its time. It copies an operand of each, looks for digits to round, and grows the words one by one; where
 * nothing can need rounding there is no reason to.
 *
 * A decimal is its words, of seven digits each and most significant first; the place of the first is its exponent's.
 */

/** Makes a decimal of its parts. */
export type Make = (sign: number, exponent: number, words: number[]) => Decimal;

const WORD = 10_000_000;
/** The whole part of a product with it is that of the quotient as long as it is below 2^27, as a column's is; and it is faster. */
const PER_WORD = 1 / WORD;
const DIGITS = 7;
/** 140 digits: fewer than decimals are rounded to. A column of a product of so many is at most 10^15 and what is carried. */
const MOST_WORDS = 20;
/** Exponents beyond are left to the library, and what is no number, whose exponent is none. */
const FARTHEST = 1_000_000;

/** The words of the result, before zeros at both ends are left out. Nothing is kept in it from one call to the next. */
const made = new Int32Array(MOST_WORDS);
const madeAt = (index: number): number => made[index] ?? 0;

/** Null: it is not for here. */
export function shortProduct(one: Decimal, other: Decimal, make: Make): Decimal | null {
  if (!isNear(one.e) || !isNear(other.e)) return null;
  const { d: x } = one;
  const { d: y } = other;
  const count = x.length + y.length;
  if (count > MOST_WORDS) return null;
  let carry = 0;
  for (let column = count - 2; column >= 0; column--) {
    let total = 0;
    const last = Math.min(column, x.length - 1);
    for (let i = Math.max(0, column - y.length + 1); i <= last; i++) total += (x[i] ?? 0) * (y[column - i] ?? 0);
    total += carry;
    carry = Math.floor(total * PER_WORD);
    made[column + 1] = total - carry * WORD;
  }
  made[0] = carry;
  return result(one.s * other.s, placeOf(one) + placeOf(other) + 1, count, make);
}

/**
 * `one + other`, where `other` is taken with the sign that is given: with its own, or with the opposite one for a difference.
 * Null: it is not for here.
 */
export function shortSum(one: Decimal, other: Decimal, sign: number, make: Make): Decimal | null {
  if (!isNear(one.e) || !isNear(other.e)) return null;
  const { d: x } = one;
  const { d: y } = other;
  const first = placeOf(one);
  const second = placeOf(other);
  const top = Math.max(first, second) + 1;
  const xFrom = top - first;
  const yFrom = top - second;
  const xTo = xFrom + x.length;
  const yTo = yFrom + y.length;
  const count = Math.max(xTo, yTo);
  if (count > MOST_WORDS) return null;
  const way = one.s === sign ? 1 : -1;
  let carry = 0;
  for (let at = count - 1; at > 0; at--) {
    const own = at >= xFrom && at < xTo ? (x[at - xFrom] ?? 0) : 0;
    const others = at >= yFrom && at < yTo ? (y[at - yFrom] ?? 0) : 0;
    let word = own + way * others + carry;
    carry = 0;
    if (word >= WORD) {
      word -= WORD;
      carry = 1;
    } else if (word < 0) {
      word += WORD;
      carry = -1;
    }
    made[at] = word;
  }
  if (carry >= 0) {
    made[0] = carry;
    return result(one.s, top, count, make);
  }
  // The other was the larger: what stands there is by how much a power of ten is more than the difference.
  made[0] = 0;
  takeFromPower(count);
  return result(sign, top, count, make);
}

function takeFromPower(count: number): void {
  let borrow = 0;
  for (let at = count - 1; at > 0; at--) {
    const word = -madeAt(at) - borrow;
    borrow = word < 0 ? 1 : 0;
    made[at] = word + borrow * WORD;
  }
}

/** @param top - the place of the first of `count` words. */
function result(sign: number, top: number, count: number, make: Make): Decimal {
  let first = 0;
  while (first < count && made[first] === 0) first++;
  if (first === count) return make(1, 0, [0]);
  let end = count;
  while (made[end - 1] === 0) end--;
  return make(sign, (top - first) * DIGITS + digitsBehindFirst(madeAt(first)), words(first, end));
}

/** Where its first word stands: how many words there are between it and the point. */
function placeOf({ e: exponent }: Decimal): number {
  return Math.floor(exponent / DIGITS);
}

function isNear(exponent: number): boolean {
  return exponent < FARTHEST && exponent > -FARTHEST;
}

function digitsBehindFirst(word: number): number {
  if (word < 1_000) return word < 10 ? 0 : word < 100 ? 1 : 2;
  if (word < 100_000) return word < 10_000 ? 3 : 4;
  return word < 1_000_000 ? 5 : 6;
}

/** A literal is made at its size at once; an array that grows is given room for sixteen more. */
function words(from: number, end: number): number[] {
  switch (end - from) {
    case 1:
      return [madeAt(from)];
    case 2:
      return [madeAt(from), madeAt(from + 1)];
    case 3:
      return [madeAt(from), madeAt(from + 1), madeAt(from + 2)];
    case 4:
      return [madeAt(from), madeAt(from + 1), madeAt(from + 2), madeAt(from + 3)];
    case 5:
      return [madeAt(from), madeAt(from + 1), madeAt(from + 2), madeAt(from + 3), madeAt(from + 4)];
    default:
      return Array.from(made.subarray(from, end));
  }
}
