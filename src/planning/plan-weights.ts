import { type Decimal, max, min, ZERO } from "../core/decimal.ts";
import { cannotPlan } from "./cannot-plan.ts";
import type { Mode, Priced } from "./mode.ts";
import type { Plan, PlanHolding, PlanRules } from "./plan.ts";
import { checkTargets, holdingKey, type Targets } from "./targets.ts";
import { WeightsDraft } from "./weights-draft.ts";

/** A holding whose value is not what the targets say. All in USD, shorts negative. */
export interface Gap<L extends PlanHolding> {
  readonly line: Priced<L>;
  readonly value: Decimal;
  readonly target: Decimal;
  /** Target less current value. */
  readonly usd: Decimal;
  /** What has to go, and what has to come, without sign. Both where it is turned round. */
  readonly reduction: Decimal;
  readonly increase: Decimal;
}

/**
 * The planner of every mode: signed weights become reductions, the largest deviation first, then transfers of
 * what the other purse needs, then increases out of the money that is there for certain by then. A position
 * that is turned round is closed and opened, in two steps.
 *
 * Nothing is traded beyond its target, below the mode's lot and minimum, or with money that is not there. What
 * is left alone or made smaller is said in `skipped` and `clipped`.
 *
 * @throws {TargetsError} for targets that do not hold together.
 */
export function planWeights<L extends PlanHolding, I, P extends string>(
  targets: Targets,
  lines: readonly L[],
  rules: PlanRules,
  mode: Mode<L, I, P>,
): Plan<I> {
  const key = ({ account, asset }: Pick<PlanHolding, "account" | "asset">) => holdingKey(account, asset);
  checkTargets(targets, new Set([...lines.map(key), key(mode.cash)]), {
    shorts: new Set(lines.filter(mode.shortable).map(key)),
    most: mode.most_gross,
  });
  const priceless = lines.filter((line) => !isPriced(line) && !line.amount.isZero());
  if (priceless.length > 0) return cannotPlan(priceless);
  if (mode.value_usd === null) return cannotPlan([mode.cash]);
  // What is worth less than nothing can only be closed.
  const whole = max(ZERO, mode.value_usd);
  const weights = new Map(targets.map((target) => [key(target), target.weight]));
  const draft = new WeightsDraft(rules, mode, whole);
  const gaps: Gap<L>[] = [];
  for (const line of lines) {
    const target = whole.times(weights.get(key(line)) ?? ZERO);
    if (isPriced(line)) gaps.push(gapOf(line, target));
    else if (!target.isZero()) draft.skip(line, null, "no-price", "there is no price to buy at");
  }
  const acting = gaps.filter((gap) => !gap.usd.isZero() && draft.acts(gap));
  const inOrder = acting.toSorted((a, b) => b.usd.abs().cmp(a.usd.abs()) || (a.line.asset < b.line.asset ? -1 : 1));
  for (const gap of inOrder) if (!gap.reduction.isZero()) draft.reduce(gap);
  const increases = inOrder.filter((gap) => !gap.increase.isZero() && draft.mayIncrease(gap));
  draft.moveMoney(increases);
  for (const gap of increases) draft.increase(gap);
  return draft.finish();
}

function gapOf<L extends PlanHolding>(line: Priced<L>, target: Decimal): Gap<L> {
  const value = line.amount.times(line.price_usd);
  const [held, wanted] = [value.abs(), target.abs()];
  const turns = value.times(target).isNegative() && !value.isZero() && !target.isZero();
  return {
    line,
    value,
    target,
    usd: target.minus(value),
    reduction: turns ? held : max(ZERO, held.minus(wanted)),
    increase: turns ? wanted : max(ZERO, wanted.minus(min(held, wanted))),
  };
}

export function isPriced<L extends PlanHolding>(line: L): line is Priced<L> {
  return line.price_usd?.gt(ZERO) ?? false;
}
