import { type Decimal, ZERO } from "../core/decimal.ts";
import type { Limit } from "./terms.ts";

/** An amount in USD that cannot be exceeded, or the word that says there is none. */
export type Bound = Decimal | "unbounded";

export function boundOf(limit: Limit): Bound {
  return limit === "unlimited" ? "unbounded" : limit;
}

export function plus(...bounds: readonly Bound[]): Bound {
  let total = ZERO;
  for (const bound of bounds) {
    if (bound === "unbounded") return bound;
    total = total.plus(bound);
  }
  return total;
}

/** The product; nothing of anything is nothing. */
export function times(a: Bound, b: Bound): Bound {
  if (a === "unbounded") return b !== "unbounded" && b.isZero() ? ZERO : a;
  if (b === "unbounded") return a.isZero() ? ZERO : b;
  return a.times(b);
}

export function smaller(a: Bound, b: Bound): Bound {
  if (a === "unbounded") return b;
  return b === "unbounded" || a.lte(b) ? a : b;
}

/** Whether `a` is above `b`. */
export function above(a: Bound, b: Bound): boolean {
  return b !== "unbounded" && (a === "unbounded" || a.gt(b));
}
