import { isAbove, sumIsAbove } from "../../core/compare-decimals.ts";
import { type Decimal, max, roundDown, roundUp, ZERO } from "../../core/decimal.ts";
import { dollars } from "../dollars.ts";
import type { Facts } from "../facts.ts";
import type { Limit, Terms } from "../terms.ts";
import type { Violation, ViolationCode } from "../verdict.ts";

/** One question about a request; no answer means that it holds. */
export type Question = (facts: Facts) => readonly Violation[];

/** What the terms, read once, have asked of every request. Null: nothing. */
export type Rule = (terms: Terms) => Question | null;

/** The answer where a rule holds. */
export const HOLDS: readonly Violation[] = [];

export function over(limit: Limit, value: Decimal): limit is Decimal {
  return limit !== "unlimited" && isAbove(value, limit);
}

/** Whether what is used and what is wanted come to more than the limit. */
export function overWith(limit: Limit, used: Decimal, wanted: Decimal): limit is Decimal {
  return limit !== "unlimited" && sumIsAbove(used, wanted, limit);
}

/** What is said of each part, null where it holds. */
export function each<Part>(
  parts: readonly Part[],
  facts: Facts,
  say: (part: Part, facts: Facts) => Violation | null,
): readonly Violation[] {
  let found: Violation[] | null = null;
  for (const part of parts) {
    const said = say(part, facts);
    if (said === null) continue;
    found ??= [];
    found.push(said);
  }
  return found ?? HOLDS;
}

/** A question about every part of a request by itself. */
export function ofEach<Part>(
  partsOf: (facts: Facts) => readonly Part[],
  say: (part: Part, facts: Facts) => Violation | null,
): Question {
  return (facts) => {
    const parts = partsOf(facts);
    return parts.length === 0 ? HOLDS : each(parts, facts, say);
  };
}

/** A figure that is over a limit in USD, said with what would still fit. */
export function tooMuch(
  code: ViolationCode,
  name: string,
  limit: Decimal,
  used: Decimal,
  wanted: Decimal,
  what: string,
  until?: number,
): Violation {
  const left = max(ZERO, limit.minus(used));
  return {
    code,
    limit: name,
    value: roundUp(used.plus(wanted), 6).toFixed(),
    allowed: roundDown(left, 6).toFixed(),
    message: `${dollars(wanted)} ${what}; ${dollars(left, "down")} of ${dollars(limit)} is left`,
    ...(until === undefined ? {} : { until }),
  };
}
