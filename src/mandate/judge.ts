import type { Instant } from "../core/clock.ts";
import { type Decimal, max, ZERO } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import type { Effects, Prices } from "../protocols/effects.ts";
import { computeFacts } from "./facts.ts";
import { needsApproval, RULES } from "./rules.ts";
import type { Limit, Terms } from "./terms.ts";
import type { AtWorst, Authority, BudgetLeft, Verdict, Violation } from "./verdict.ts";

/**
 * Whether a request may be signed. Pure: the same arguments give the same verdict, and every argument is
 * in the journal. Every rule is asked, so that a denial names all that is wrong.
 */
export function judge(
  terms: Terms,
  effects: Effects,
  prices: Prices,
  budgets: Budgets,
  now: Instant,
  authority: Authority = {},
): Verdict {
  const facts = computeFacts(terms, effects, prices, budgets, now, authority);
  const violations = withoutRepeats(RULES.flatMap((rule) => rule(facts)));
  const [first, ...rest] = violations;
  if (first) return { kind: "deny", effects, violations: [first, ...rest] };
  const [ask, ...more] = authority.approved ? [] : needsApproval(facts);
  if (ask) return { kind: "ask", effects, because: [ask, ...more], atWorst: facts.atWorst, permit: null };
  return { kind: "allow", effects, atWorst: facts.atWorst, left: budgetsLeft(terms, budgets, facts.atWorst) };
}

/** What is left of each budget, after `taken` where given. */
export function budgetsLeft({ limits }: Pick<Terms, "limits">, budgets: Budgets, taken?: AtWorst): readonly BudgetLeft[] {
  const row = (budget: string, limit: Limit, before: Decimal, more: Decimal | undefined): BudgetLeft => {
    const used = before.plus(more ?? ZERO);
    const left = limit === "unlimited" ? limit : max(ZERO, limit.minus(used));
    return { budget, unit: "USD", limit, used, left, refills: budgets.refills[budget] ?? null };
  };
  const units = Object.entries(limits.max_daily_spend).map(([token, limit]): BudgetLeft => {
    const used = (budgets.spend_units[token] ?? ZERO).plus(taken?.spend_units[token] ?? ZERO);
    return { budget: "max_daily_spend", unit: token, limit, used, left: max(ZERO, limit.minus(used)), refills: null };
  });
  return [
    row("max_daily_spend_usd", limits.max_daily_spend_usd, budgets.spend_usd, taken?.spend_usd),
    row("max_daily_loss_usd", limits.max_daily_loss_usd, budgets.loss_usd, taken?.loss_usd),
    row("max_gas_usd_per_day", limits.max_gas_usd_per_day, budgets.gas_usd, taken?.gas_usd),
    row("exit_gas_usd_per_day", limits.exit_gas_usd_per_day, budgets.exit_gas_usd, taken?.exit_gas_usd),
    ...units,
  ];
}

function withoutRepeats(violations: readonly Violation[]): readonly Violation[] {
  const seen = new Set<string>();
  return violations.filter(({ code, message }) => {
    const key = `${code} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
