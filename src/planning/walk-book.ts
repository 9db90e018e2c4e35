import { type Decimal, min, ZERO } from "../core/decimal.ts";
import type { BookLevel } from "./plan.ts";

/** What a market order would find in one side of a book. */
export interface Walk {
  /** Whole coins that are there. */
  readonly filled: Decimal;
  /** USD that they cost or bring. */
  readonly usd: Decimal;
}

/** Takes `size` from the levels, best first, and no further than `worst` (null: however far). */
export function walkBook(levels: readonly BookLevel[], size: Decimal, worst: Decimal | null, side: "buy" | "sell"): Walk {
  let [filled, usd] = [ZERO, ZERO];
  for (const level of levels) {
    const beyond = worst !== null && (side === "buy" ? level.price.gt(worst) : level.price.lt(worst));
    if (beyond || filled.gte(size)) break;
    const take = min(level.size, size.minus(filled));
    filled = filled.plus(take);
    usd = usd.plus(take.times(level.price));
  }
  return { filled, usd };
}
