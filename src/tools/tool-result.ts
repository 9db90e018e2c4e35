import { z } from "zod";
import type { Json } from "../core/json.ts";
import { outsideText } from "./outside-text.ts";
import { categoryOf, recoverable, type ToolErrorCategory, type ToolErrorCode } from "./tool-error.ts";

/**
 * How a call ended.
 *
 * - `success`: it was read, or done
 * - `simulated`: it would pass; nothing was signed
 * - `partial`: sent, and something may still come of it
 * - `blocked`: the mandate refuses it, or the operator has to grant it first
 * - `rejected`: the operator said no
 * - `error`: anything else
 */
export type ToolStatus = "success" | "simulated" | "partial" | "blocked" | "rejected" | "error";

/** One reason for a refusal, in the gateway's own words. Amounts are text, times are ISO 8601. */
export interface ToolViolation {
  readonly code: string;
  readonly message: string;
  readonly limit?: string;
  readonly value?: string;
  readonly allowed?: string;
  /** The token that `value` and `allowed` are counted in, where it is one. */
  readonly unit?: string;
  /** When there is more room, and when all of it is back. */
  readonly until?: string;
  readonly full?: string;
}

/** What would pass in a refused request's place: see LargestNow of the gateway's verdict. */
export interface ToolLargest {
  readonly kind: "passes" | "asks" | "unsure" | "none";
  readonly amounts: readonly { readonly asset: string; readonly amount: string }[];
  readonly because: readonly string[];
  readonly until?: string;
  readonly full?: string;
  readonly message: string;
}

/** What the gateway says of a request, for a reader: amounts in whole tokens and USD at pinned prices, as text. */
export interface ToolVerdict {
  readonly kind: "allow" | "deny" | "ask";
  readonly violations: readonly ToolViolation[];
  readonly effects: ToolEffects;
  /** What is left of each budget after it. Empty unless it is allowed. */
  readonly limits_left: readonly ToolLimit[];
  /** What the operator was asked to grant. */
  readonly permit: { readonly id: string; readonly expires: string } | null;
  /** Null: it is allowed, or it gives nothing whose amount could be less. */
  readonly largest: ToolLargest | null;
}

export interface ToolEffects {
  /** Per holding: `least` is what the bytes guarantee, `most` what the simulation saw. Signed. */
  readonly changes: readonly {
    readonly account: string;
    readonly asset: string;
    readonly least: string;
    readonly most: string;
    readonly least_usd: string | null;
    readonly most_usd: string | null;
  }[];
  readonly allowances: readonly {
    readonly asset: string;
    readonly spender: string;
    readonly before: string;
    readonly after: string;
  }[];
  readonly payments: readonly { readonly to: string; readonly asset: string; readonly amount: string }[];
  readonly calls: readonly string[];
  /** The most that gas can cost, in the native coin. */
  readonly gas: readonly {
    readonly asset: string;
    readonly units: string;
    readonly most: string;
    readonly most_usd: string | null;
  }[];
  /** What could not be bounded, and is therefore refused. */
  readonly unknown: readonly string[];
  readonly valid_until: string | null;
}

export interface ToolLimit {
  readonly budget: string;
  readonly unit: string;
  readonly limit: string;
  readonly used: string;
  readonly left: string;
  readonly refills: string | null;
}

export interface ToolFailure {
  readonly code: ToolErrorCode;
  readonly message: string;
  readonly recoverable: boolean;
  readonly category: ToolErrorCategory;
  readonly suggestion: string | null;
}

/** What every tool answers. It never rejects: what goes wrong is in `error`. */
export interface ToolResult {
  readonly status: ToolStatus;
  readonly tool: string;
  /** As the tool's output schema says. Null: there is none. */
  readonly data: Json;
  /** Where the gateway was asked. */
  readonly verdict: ToolVerdict | null;
  /** Set where the status is blocked, rejected or error, and only there. */
  readonly error: ToolFailure | null;
  /** What a decider may want to know next, one sentence each. */
  readonly decision_hints: readonly string[];
  /** One sentence for people. */
  readonly explanation: string;
}

const violation = z.strictObject({
  code: z.string(),
  message: z.string(),
  limit: z.string().optional(),
  value: z.string().optional(),
  allowed: z.string().optional(),
  unit: z.string().optional(),
  until: z.string().optional(),
  full: z.string().optional(),
});
const largest = z.strictObject({
  kind: z.enum(["passes", "asks", "unsure", "none"]),
  amounts: z.array(z.strictObject({ asset: z.string(), amount: z.string() })),
  because: z.array(z.string()),
  until: z.string().optional(),
  full: z.string().optional(),
  message: z.string(),
});
const effects = z.strictObject({
  changes: z.array(
    z.strictObject({
      account: z.string(),
      asset: z.string(),
      least: z.string(),
      most: z.string(),
      least_usd: z.string().nullable(),
      most_usd: z.string().nullable(),
    }),
  ),
  allowances: z.array(z.strictObject({ asset: z.string(), spender: z.string(), before: z.string(), after: z.string() })),
  payments: z.array(z.strictObject({ to: z.string(), asset: z.string(), amount: z.string() })),
  calls: z.array(z.string()),
  gas: z.array(z.strictObject({ asset: z.string(), units: z.string(), most: z.string(), most_usd: z.string().nullable() })),
  unknown: z.array(z.string()),
  valid_until: z.string().nullable(),
});
const limit = z.strictObject({
  budget: z.string(),
  unit: z.string(),
  limit: z.string(),
  used: z.string(),
  left: z.string(),
  refills: z.string().nullable(),
});
const verdict = z.strictObject({
  kind: z.enum(["allow", "deny", "ask"]),
  violations: z.array(violation),
  effects,
  limits_left: z.array(limit),
  permit: z.strictObject({ id: z.string(), expires: z.string() }).nullable(),
  largest: largest.nullable(),
});
const failure = z.strictObject({
  code: z.string(),
  message: z.string(),
  recoverable: z.boolean(),
  category: z.enum(["retryable", "non_retryable", "policy_violation", "configuration", "requires_human"]),
  suggestion: z.string().nullable(),
});

/** The schema of a tool's whole answer, from that of its data. */
export function resultSchema(data: z.ZodType): z.ZodObject {
  return z.strictObject({
    status: z.enum(["success", "simulated", "partial", "blocked", "rejected", "error"]),
    tool: z.string(),
    data: data.nullable(),
    verdict: verdict.nullable(),
    error: failure.nullable(),
    decision_hints: z.array(z.string()),
    explanation: z.string(),
  });
}

/** An answer without data. */
export function failed(
  tool: string,
  code: ToolErrorCode,
  why: string,
  more: {
    readonly suggestion?: string | null;
    readonly verdict?: ToolVerdict | null;
    readonly hints?: readonly string[];
    readonly data?: Json;
  } = {},
): ToolResult {
  const message = outsideText(why);
  const suggestion = more.suggestion ? outsideText(more.suggestion) : null;
  const category = categoryOf(code);
  const status =
    code === "approval_denied"
      ? "rejected"
      : category === "policy_violation" || code === "approval_required"
        ? "blocked"
        : "error";
  return {
    status,
    tool,
    data: more.data ?? null,
    verdict: more.verdict ?? null,
    error: { code, message, recoverable: recoverable(code), category, suggestion },
    decision_hints: more.hints ?? [],
    explanation: message,
  };
}
