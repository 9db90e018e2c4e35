import { type Decimal, max, roundDown, roundUp, ZERO } from "../../core/decimal.ts";
import { dollars } from "../dollars.ts";
import type { Facts } from "../facts.ts";
import type { Limit } from "../terms.ts";
import type { Violation, ViolationCode } from "../verdict.ts";

/** One question about a request; no answer means that it holds. */
export type Rule = (facts: Facts) => readonly Violation[];

export function over(limit: Limit, value: Decimal): limit is Decimal {
  return limit !== "unlimited" && value.gt(limit);
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

/** A rule that getting safer passes. */
export function unlessReducing(rule: Rule): Rule {
  return (facts) => (facts.atWorst.class === "reduce" ? [] : rule(facts));
}
