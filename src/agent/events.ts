import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { MandateError } from "../core/errors.ts";
import type { DeciderStep, Decision } from "../deciders/decider.ts";
import type { Outcome } from "../gateway/contract.ts";
import type { BudgetLeft, Verdict } from "../mandate/verdict.ts";
import type { Plan } from "../planning/plan.ts";
import type { Intent } from "../venues/venue.ts";

/** What a watching person is told, as it happens. `at` is the injected clock's time. */
export type AgentEvent<I extends Intent = Intent> = { readonly at: Instant; readonly cycle: number } & (
  | { readonly kind: "cycle"; readonly value_usd: Decimal | null }
  /** Something of an earlier cycle was looked up. */
  | { readonly kind: "settled"; readonly outcome: Outcome }
  /** `called`: a decider was asked and chose to hold, or failed with `code`. */
  | {
      readonly kind: "hold";
      readonly why: string;
      readonly code: string | null;
      readonly called: boolean;
      readonly cost_usd: Decimal;
    }
  | { readonly kind: "decide"; readonly decision: Decision<I>; readonly because: string; readonly cost_usd: Decimal }
  /** What a decider with tools says and does, for whoever wants to see it at work. */
  | { readonly kind: "step"; readonly step: DeciderStep }
  | { readonly kind: "plan"; readonly plan: Plan<I> }
  /** Signed and sent; in a dry run: would be. */
  | { readonly kind: "allowed"; readonly intent: I; readonly dryRun: boolean; readonly left: readonly BudgetLeft[] }
  | {
      readonly kind: "refused";
      readonly intent: I;
      readonly dryRun: boolean;
      readonly verdict: Exclude<Verdict, { kind: "allow" }>;
    }
  /** An intent for which there are no bytes: it never reached the gateway. */
  | { readonly kind: "unsayable"; readonly intent: I; readonly error: MandateError }
  | { readonly kind: "done"; readonly intent: I; readonly outcome: Exclude<Outcome, { kind: "refused" }> }
  /** `retryAt`: when it is tried again. Null: it is not. */
  | { readonly kind: "error"; readonly error: MandateError; readonly retryAt: Instant | null }
);

type WithoutPlace<E> = E extends { at: Instant; cycle: number } ? Omit<E, "at" | "cycle"> : never;
/** An event before it is given its time and cycle. */
export type EventBody<I extends Intent = Intent> = WithoutPlace<AgentEvent<I>>;
