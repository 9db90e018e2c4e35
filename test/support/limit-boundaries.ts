import type { Decimal } from "../../src/core/decimal.ts";
import { decimal } from "../../src/core/decimal.ts";
import type { Budgets } from "../../src/journal/fold-budgets.ts";
import { judge } from "../../src/mandate/judge.ts";
import type { Limits, Terms } from "../../src/mandate/terms.ts";
import { budgetsWith, NOW } from "../../src/mandate/testing/judging.ts";
import type { Violation } from "../../src/mandate/verdict.ts";
import type { Effects, Prices } from "../../src/protocols/effects.ts";

/** A request and the state of things that it meets. What is left out is empty, and the limits are the boundary's. */
export interface Asked {
  readonly effects: Effects;
  readonly limits?: Partial<Limits>;
  readonly fleet?: Terms["fleet"];
  readonly budgets?: Partial<Budgets>;
  readonly now?: number;
}

/** One that is exactly at a limit, the smallest step past it, and what a request that gets safer is told past it. */
export interface Boundary {
  readonly what: string;
  readonly limits: Partial<Limits>;
  readonly at: Asked;
  readonly past: Asked;
  readonly code: Violation["code"];
  /** A request that reduces, where the limit is passed far. */
  readonly exit: Asked;
  /** Whether the limit binds it. */
  readonly binds: boolean;
  /** It is a person's answer that is waited for, and no refusal. */
  readonly asks?: boolean;
}

export const usd = (amount: string | number): Decimal => decimal(amount);

/** What a request is told: the limits that it breaks, or that a person is asked about. */
export function told(
  terms: Terms,
  prices: Prices,
  { limits }: Pick<Boundary, "limits">,
  asked: Asked,
): {
  readonly kind: "allow" | "deny" | "ask";
  readonly violations: readonly Violation[];
  readonly reduces: boolean;
} {
  const own: Terms = { ...terms, limits: { ...terms.limits, ...limits, ...asked.limits } };
  const shared = asked.fleet === undefined ? own : { ...own, fleet: asked.fleet };
  const verdict = judge(shared, asked.effects, prices, budgetsWith(asked.budgets), asked.now ?? NOW);
  if (verdict.kind === "deny") return { kind: "deny", violations: verdict.violations, reduces: false };
  const violations = verdict.kind === "ask" ? verdict.because : [];
  return { kind: verdict.kind, violations, reduces: verdict.atWorst.class === "reduce" };
}
