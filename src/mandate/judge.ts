import type { Instant } from "../core/clock.ts";
import { atLeast0, type Decimal, plus, sum, ZERO } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import type { Effects, Prices } from "../protocols/effects.ts";
import { computeFacts, type Facts } from "./facts.ts";
import { HOLDS, type Question } from "./rules/rule.ts";
import { questionsOf } from "./rules.ts";
import type { FleetTerms, Limit, Terms } from "./terms.ts";
import type { AtWorst, Authority, BudgetLeft, Verdict, Violation } from "./verdict.ts";

/** The agent's own word. */
const NOBODY: Authority = {};

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
  authority: Authority = NOBODY,
): Verdict {
  const decision = decide(terms, effects, prices, budgets, now, authority);
  return decision.kind === "allow" ? { ...decision, left: budgetsLeft(terms, budgets, decision.atWorst) } : decision;
}

/** The verdict, without what it leaves of each budget: that is for whoever answers or records it. */
export function decide(
  terms: Terms,
  effects: Effects,
  prices: Prices,
  budgets: Budgets,
  now: Instant,
  authority: Authority = NOBODY,
): Decision {
  const facts = computeFacts(terms, effects, prices, budgets, now, authority);
  const reduces = facts.atWorst.class === "reduce";
  const { reducing, acting, approvals } = questionsOf(terms);
  const found = answers(reduces ? reducing : acting, facts);
  if (isSome(found)) return { kind: "deny", effects, violations: withoutRepeats(found) };
  const because = authority.approved || reduces ? HOLDS : answers(approvals, facts);
  if (isSome(because)) return { kind: "ask", effects, because, atWorst: facts.atWorst, permit: null };
  return { kind: "allow", effects, atWorst: facts.atWorst };
}

function answers(questions: readonly Question[], facts: Facts): readonly Violation[] {
  let found: Violation[] | null = null;
  for (const question of questions) {
    const said = question(facts);
    if (said.length === 0) continue;
    found ??= [];
    for (const violation of said) found.push(violation);
  }
  return found ?? HOLDS;
}

type Allowed = Extract<Verdict, { readonly kind: "allow" }>;
/** A verdict, without what is left where it allows. */
export type Decision = Exclude<Verdict, Allowed> | Omit<Allowed, "left">;

/** Rows of a shared budget are named after it. */
const FLEET = "fleet.";

/** What is left of each budget, after `taken` where given. Windows that nothing limits have no row, but the day's. */
export function budgetsLeft(
  { venue, limits, fleet }: Pick<Terms, "venue" | "limits" | "fleet">,
  budgets: Budgets,
  taken?: AtWorst,
): readonly BudgetLeft[] {
  const row = (
    budget: string,
    limit: Limit,
    before: Decimal,
    more: Decimal | undefined,
    refills = budgets.refills,
  ): BudgetLeft => {
    const used = plus(before, more ?? ZERO);
    const left = limit === "unlimited" ? limit : atLeast0(limit.minus(used));
    return {
      budget,
      unit: "USD",
      limit,
      used,
      left,
      refills: refills[budget.startsWith(FLEET) ? budget.slice(FLEET.length) : budget] ?? null,
    };
  };
  const live = sum(Object.values(budgets.allowances).map(({ usd }) => usd));
  const spend = (name: SpendLimit, before: Decimal): readonly BudgetLeft[] =>
    limits[name] === "unlimited" && name !== "max_daily_spend_usd"
      ? []
      : [row(name, limits[name], plus(before, live), taken?.spend_usd)];
  const units = Object.entries(limits.max_daily_spend).map(([token, limit]): BudgetLeft => {
    const allowed = Object.entries(budgets.allowances)
      .filter(([key]) => key.split(" ")[1]?.endsWith(`/${token}`))
      .map(([, { amount }]) => amount);
    const used = sum([budgets.spend_units[token] ?? ZERO, taken?.spend_units[token] ?? ZERO, ...allowed]);
    return { budget: "max_daily_spend", unit: token, limit, used, left: atLeast0(limit.minus(used)), refills: null };
  });
  const { fleet: shared } = budgets;
  const fleetRow = (name: keyof Omit<FleetTerms, "id">, before: Decimal, more: Decimal | undefined): readonly BudgetLeft[] =>
    !fleet || !shared || fleet[name] === "unlimited" ? [] : [row(`fleet.${name}`, fleet[name], before, more, shared.refills)];
  const shareOf = (before: Decimal) => sum([before, live, shared?.allowed_usd ?? ZERO]);
  return [
    ...spend("max_hourly_spend_usd", budgets.spend_hour_usd),
    ...spend("max_daily_spend_usd", budgets.spend_usd),
    ...spend("max_weekly_spend_usd", budgets.spend_week_usd),
    ...spend("max_total_spend_usd", budgets.spend_total_usd),
    row("max_daily_loss_usd", limits.max_daily_loss_usd, budgets.loss_usd, taken?.loss_usd),
    // An exchange burns no gas.
    ...(venue === "hyperliquid"
      ? []
      : [
          row("max_gas_usd_per_day", limits.max_gas_usd_per_day, budgets.gas_usd, taken?.gas_usd),
          row("exit_gas_usd_per_day", limits.exit_gas_usd_per_day, budgets.exit_gas_usd, taken?.exit_gas_usd),
        ]),
    ...units,
    ...(shared
      ? [
          ...fleetRow("max_hourly_spend_usd", shareOf(shared.spend_hour_usd), taken?.spend_usd),
          ...fleetRow("max_daily_spend_usd", shareOf(shared.spend_usd), taken?.spend_usd),
          ...fleetRow("max_weekly_spend_usd", shareOf(shared.spend_week_usd), taken?.spend_usd),
          ...fleetRow("max_total_spend_usd", shareOf(shared.spend_total_usd), taken?.spend_usd),
          ...fleetRow("max_daily_loss_usd", shared.loss_usd, taken?.loss_usd),
        ]
      : []),
  ];
}

type SpendLimit = "max_hourly_spend_usd" | "max_daily_spend_usd" | "max_weekly_spend_usd" | "max_total_spend_usd";

type Some = readonly [Violation, ...Violation[]];

function isSome(violations: readonly Violation[]): violations is Some {
  return violations.length > 0;
}

function withoutRepeats(all: Some): Some {
  if (all.length === 1) return all;
  const [first, ...rest] = all;
  const keyOf = ({ code, message }: Violation) => `${code} ${message}`;
  const seen = new Set([keyOf(first)]);
  const isNew = (violation: Violation) => {
    const known = seen.has(keyOf(violation));
    seen.add(keyOf(violation));
    return !known;
  };
  return [first, ...rest.filter(isNew)];
}
