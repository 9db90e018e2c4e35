import { type Decimal, ONE, ratio, roundDown, sum, ZERO } from "../../core/decimal.ts";
import type { Target, Targets } from "../../planning/targets.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { Exposure } from "../../venues/vocabulary.ts";
import type { Decision } from "../decider.ts";
import { isMarketOf } from "./market-names.ts";
import type { Strategy } from "./strategy.ts";

export interface EnforceParameters<I extends Intent, S extends Observation> {
  /** What the answer follows. Null: nothing that is listed. */
  readonly strategy: Strategy | null;
  /** Why nothing may be increased now; null: it may. */
  readonly onlyReducing: string | null;
  /** Assets that may not be increased now, and why. */
  readonly ended?: ReadonlyMap<string, string>;
  readonly seen: S;
  readonly venue: Pick<Venue<I, S>, "vocabulary">;
}

export interface Enforced<I extends Intent> {
  readonly decision: Decision<I>;
  /** What was made smaller or left out, one sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Holds a decision to what its strategy's frontmatter says: markets, direction, largest position, leverage. Targets
 * beyond it are made smaller and the rest stays cash; intents beyond it are left out. What only reduces always passes: to get
 * out is never forbidden.
 */
export function enforceStrategy<I extends Intent, S extends Observation>(
  decision: Decision<I>,
  parameters: EnforceParameters<I, S>,
): Enforced<I> {
  if (decision.kind === "hold" || decision.kind === "acted") return { decision, remarks: [] };
  const remarks: string[] = [];
  if (decision.kind === "targets") {
    const targets = clip(decision.targets, parameters, remarks);
    return { decision: { ...decision, targets, why: [decision.why, ...remarks].join("; ") }, remarks };
  }
  const [first, ...rest] = keep(decision.intents, parameters, remarks);
  if (first) return { decision: { ...decision, intents: [first, ...rest] }, remarks };
  return { decision: { kind: "hold", why: remarks.join("; "), code: "STRATEGY_LIMIT" }, remarks };
}

function clip<I extends Intent, S extends Observation>(
  targets: Targets,
  { strategy, onlyReducing, ended, seen }: EnforceParameters<I, S>,
  remarks: string[],
): Targets {
  const isCash = ({ account, asset }: Target) =>
    seen.holdings.some((held) => held.account === account && held.asset === asset && held.role === "numeraire");
  const current = ({ account, asset }: Target) =>
    seen.holdings.find((held) => held.account === account && held.asset === asset)?.weight ?? ZERO;
  const clipped = targets.map((target): Target => {
    if (isCash(target)) return target;
    const reduced = towardsZero(target.weight, current(target));
    const closed = onlyReducing ?? ended?.get(target.asset) ?? (strategy === null ? null : outside(target, strategy));
    if (closed !== null) {
      if (!reduced.eq(target.weight)) remarks.push(`${target.asset} is not increased: ${closed}`);
      return { ...target, weight: reduced };
    }
    if (strategy === null) return target;
    const most = strategy.max_position_pct.div(100);
    if (target.weight.abs().lte(most)) return target;
    remarks.push(`${target.asset} is held to ${strategy.max_position_pct.toFixed()} % by ${strategy.id}`);
    return { ...target, weight: target.weight.isNegative() ? most.negated() : most };
  });
  const scaled = strategy === null ? clipped : withinLeverage(clipped, strategy, isCash, remarks);
  return restToCash(targets, scaled, isCash, seen);
}

/** Why a strategy does not increase a target; null: it may. */
function outside({ asset, weight }: Target, { id, markets, directionality }: Strategy): string | null {
  if (!isMarketOf(asset, markets)) return `${id} is for ${markets.join(", ")}`;
  if (directionality === "long" && weight.isNegative()) return `${id} is long only`;
  return directionality === "short" && weight.gt(0) ? `${id} is short only` : null;
}

function towardsZero(weight: Decimal, current: Decimal): Decimal {
  if (weight.isZero() || weight.isNegative() !== current.isNegative()) return ZERO;
  return weight.abs().lte(current.abs()) ? weight : current;
}

function withinLeverage(
  targets: Targets,
  { id, max_leverage }: Strategy,
  isCash: (target: Target) => boolean,
  remarks: string[],
): Targets {
  const gross = sum(targets.filter((target) => !isCash(target)).map(({ weight }) => weight.abs()));
  if (gross.lte(max_leverage)) return targets;
  remarks.push(`positions are made smaller to ${max_leverage.toFixed()} times the portfolio by ${id}`);
  const share = ratio(max_leverage, gross);
  return targets.map((target) => {
    if (isCash(target)) return target;
    const size = roundDown(target.weight.abs().times(share), 18);
    return { ...target, weight: target.weight.isNegative() ? size.negated() : size };
  });
}

/** The absolute weights sum to what they did: what was taken off stays in cash. */
function restToCash(before: Targets, after: Targets, isCash: (target: Target) => boolean, seen: Observation): Targets {
  const total = (targets: Targets) => sum(targets.map(({ weight }) => weight.abs()));
  const rest = total(before).minus(total(after));
  if (rest.lte(0)) return after;
  const at = after.findIndex(isCash);
  if (at !== -1) return after.map((target, i) => (i === at ? { ...target, weight: target.weight.plus(rest) } : target));
  const cash = seen.holdings.find(({ role }) => role === "numeraire");
  // Beyond one, exposure is borrowed: what is not borrowed is no cash.
  const own = rest.gt(ONE) ? ONE : rest;
  return cash ? [...after, { account: cash.account, asset: cash.asset, weight: own }] : after;
}

function keep<I extends Intent, S extends Observation>(
  intents: readonly I[],
  { strategy, onlyReducing, ended, seen, venue }: EnforceParameters<I, S>,
  remarks: string[],
): readonly I[] {
  const added = new Map<string, Decimal>();
  const heldUsd = (one: Pick<Exposure, "account" | "asset">) =>
    seen.holdings.find(({ account, asset }) => account === one.account && asset === one.asset)?.value_usd ?? ZERO;
  const after = (one: Exposure, change: Decimal) =>
    heldUsd(one)
      .plus(added.get(`${one.account} ${one.asset}`) ?? ZERO)
      .plus(change);
  let gross = sum(seen.holdings.filter(({ role }) => role === "allowed").map(({ value_usd }) => (value_usd ?? ZERO).abs()));
  const against = (exposures: readonly Exposure[] | null): string | null => {
    if (exposures === null) return "what it adds cannot be told; say it as targets";
    if (exposures.length === 0) return null;
    if (onlyReducing !== null) return onlyReducing;
    if (strategy === null) return null;
    for (const one of exposures) {
      if (one.change_usd === null || seen.value_usd === null) return "what it adds has no value now";
      const size = after(one, one.change_usd);
      const closed = ended?.get(one.asset) ?? outside({ ...one, weight: size }, strategy);
      if (closed !== null) return closed;
      if (size.abs().gt(seen.value_usd.times(strategy.max_position_pct).div(100))) {
        return `${one.asset} would be above ${strategy.max_position_pct.toFixed()} %, the most of ${strategy.id}`;
      }
      if (gross.plus(one.change_usd.abs()).gt(seen.value_usd.times(strategy.max_leverage))) {
        return `positions would be above ${strategy.max_leverage.toFixed()} times the portfolio, the most of ${strategy.id}`;
      }
    }
    return null;
  };
  return intents.filter((intent) => {
    const exposures = venue.vocabulary?.adds?.(intent, seen) ?? null;
    const reason = against(exposures);
    if (reason !== null) {
      remarks.push(`${intent.kind} is left out: ${reason}`);
      return false;
    }
    for (const one of exposures ?? []) {
      const change = one.change_usd ?? ZERO;
      added.set(`${one.account} ${one.asset}`, (added.get(`${one.account} ${one.asset}`) ?? ZERO).plus(change));
      gross = gross.plus(change.abs());
    }
    return true;
  });
}
