import { lower, shortHex } from "../../core/hex.ts";
import type { DecodedCall } from "../../protocols/effects.ts";
import { readArgument } from "../argument-path.ts";
import type { CallCondition, Terms } from "../terms.ts";
import type { Violation } from "../verdict.ts";
import type { Rule } from "./rule.ts";

/** Every condition on a function holds for each call of it, inside multicalls too. */
export const callArguments: Rule = (terms) =>
  Object.keys(terms.limits.allowed_calls).length === 0
    ? null
    : ({ effects }) => effects.calls.flatMap((call) => inCall(terms, call));

function inCall(terms: Terms, call: DecodedCall): readonly Violation[] {
  const rules = call.contract === null ? undefined : terms.limits.allowed_calls[call.contract];
  const conditions = rules && Object.hasOwn(rules, call.function) ? (rules[call.function] ?? {}) : {};
  const own = Object.entries(conditions).flatMap(([path, condition]): readonly Violation[] => {
    const values = call.raw === undefined ? undefined : readArgument(call.raw, path);
    const name = `${call.contract}.${call.function} ${path}`;
    const named = { code: "ARGUMENT_NOT_ALLOWED", limit: "allowed_calls" } as const;
    if (values === undefined) return [{ ...named, message: `${name} could not be read` }];
    return values
      .filter((value) => !holds(terms, condition, value))
      .map((value) => ({
        ...named,
        value,
        allowed: wanted(condition, String),
        message: `${name} is ${shown(value)}; it must be ${wanted(condition, shown)}`,
      }));
  });
  return [...own, ...call.inner.flatMap((inner) => inCall(terms, inner))];
}

function holds({ accounts }: Terms, condition: CallCondition, value: string): boolean {
  if ("own" in condition) return Object.values(accounts).some((account) => lower(account) === value);
  if ("one_of" in condition) return condition.one_of.includes(value);
  if (!/^-?\d+$/.test(value)) return false;
  const { min, max } = condition;
  return (min === undefined || BigInt(value) >= BigInt(min)) && (max === undefined || BigInt(value) <= BigInt(max));
}

function wanted(condition: CallCondition, say: (value: string) => string): string {
  if ("own" in condition) return "an own address";
  if ("one_of" in condition) return condition.one_of.map((one) => say(one)).join(" or ") || "nothing";
  return `${condition.min ?? "anything"} to ${condition.max ?? "anything"}`;
}

function shown(value: string): string {
  return /^0x[0-9a-f]{40,}$/.test(value) ? shortHex(value) : value.slice(0, 80);
}
