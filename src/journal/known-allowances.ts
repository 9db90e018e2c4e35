import { type Decimal, decimal } from "../core/decimal.ts";
import type { AllowanceBody, AllowedBody } from "./entries.ts";
import { allowanceKey } from "./live-allowances.ts";

/** Every allowance that the journal has been told of, in whole tokens, by "owner asset spender". What is not here is none. */
export type KnownAllowances = Readonly<Record<string, Decimal>>;

/** What a look at all of them has found. */
export function knownFrom(found: readonly AllowedBody[]): KnownAllowances {
  return Object.fromEntries(found.map((body) => [allowanceKey(body), decimal(body.amount)]));
}

/** What is known after some changed. */
export function knownAfter(known: KnownAllowances, changed: readonly AllowanceBody[]): KnownAllowances {
  if (changed.length === 0) return known;
  return { ...known, ...Object.fromEntries(changed.map((body) => [allowanceKey(body), decimal(body.after)])) };
}
