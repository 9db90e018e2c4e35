import { type Decimal, decimal } from "../core/decimal.ts";
import type { AllowanceBody } from "./entries.ts";

/** What somebody may still take, and what that was worth at the prices of the request that left it. */
export interface LiveAllowance {
  /** Whole tokens. */
  readonly amount: Decimal;
  readonly usd: Decimal;
}

/** The name of an allowance among those that are live. `owner` is an address in lower case. */
export function allowanceKey({ owner, asset, spender }: Pick<AllowanceBody, "owner" | "asset" | "spender">): string {
  return `${owner} ${asset} ${spender}`;
}

/**
 * What is live after some allowances changed: one that was widened, or that is followed already, stands at what it is
 * now. What was allowed before anything was followed, and is only used up, is not followed.
 */
export function allowancesAfter(
  live: Readonly<Record<string, LiveAllowance>>,
  changed: readonly AllowanceBody[],
): Readonly<Record<string, LiveAllowance>> {
  const next = { ...live };
  for (const body of changed) {
    const [key, before, after] = [allowanceKey(body), decimal(body.before), decimal(body.after)];
    if (next[key] === undefined && after.lte(before)) continue;
    if (after.isZero()) delete next[key];
    else next[key] = { amount: after, usd: after.times(decimal(body.price)) };
  }
  return next;
}
