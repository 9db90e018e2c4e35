import { type Decimal, decimal, max, min, roundDown, ZERO } from "../../core/decimal.ts";
import type { OrderLine, OrderRules, Plan, PlanRules, PlanStep, PurseId, Skipped } from "../../planning/plan.ts";
import { planOrders } from "../../planning/plan-orders.ts";
import { holdingKey, type Targets } from "../../planning/targets.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import { LEAST_NOTIONAL } from "../../protocols/hyperliquid/market.ts";
import type { Wish } from "../venue.ts";
import type { HyperliquidIntent } from "./intents.ts";
import type { HyperliquidObservation, SeenMarket } from "./observation.ts";
import { planIntents } from "./plan-intents.ts";
import { cashOf, type HyperliquidScope } from "./scope.ts";

/**
 * Targets become orders, and before them the end of resting orders that would add to what the targets ask for;
 * intents become steps, what reduces first.
 *
 * Upon a stale state targets plan nothing at all: what was already done since is not in it, so that a reduction
 * could be repeated. Of intents, those that cannot open anything pass.
 *
 * @throws {TargetsError} for targets that do not hold together.
 */
export function planHyperliquid(
  wish: Wish<HyperliquidIntent>,
  seen: HyperliquidObservation,
  rules: PlanRules,
  scope: HyperliquidScope,
): Plan<HyperliquidIntent> {
  if (wish.kind === "intents") return planIntents(wish.intents, seen, rules, scope);
  const orderRules = rulesFor(seen, rules, scope);
  const plan: Plan<HyperliquidIntent> = planOrders(
    wish.targets,
    seen.markets.map((market) => lineOf(market, seen, scope)),
    orderRules,
  );
  if (seen.stale) return nothingUpon(seen, wish.targets, scope);
  return withCancels(plan, seen);
}

function lineOf(market: SeenMarket, seen: HyperliquidObservation, scope: HyperliquidScope): OrderLine {
  const { asset, pin, price_usd, book, problem, fee_bps } = market;
  const held = seen.positions.find((position) => position.asset === asset);
  const set = held?.leverage ?? null;
  const wanted = Math.min(scope.leverage, market.max_leverage);
  const leverage = pin.kind === "spot" ? 1 : set && set.value <= wanted ? set.value : wanted;
  const amount = roundDown(held?.available ?? ZERO, pin.sz_decimals);
  const margin = held?.margin_usd ?? ZERO;
  const needed = amount
    .abs()
    .times(price_usd ?? ZERO)
    .div(leverage);
  const stuck = set !== null && set.mode !== scope.margin;
  return {
    account: scope.account.label,
    asset,
    amount,
    decimals: pin.sz_decimals,
    price_usd,
    beside_usd: ZERO,
    trade: problem && !problem.closes ? "none" : problem || stuck ? "exit" : "both",
    // Nobody on a side is as far away as can be: nothing is sent there.
    market: book && {
      sell_usd: book.bids[0]?.price ?? ZERO,
      buy_usd: book.asks[0]?.price ?? (price_usd ?? ZERO).times(2),
    },
    fee_bps,
    class: pin.kind,
    leverage: decimal(leverage),
    margin_usd: margin,
    top_up_usd: set && set.value > wanted ? max(ZERO, needed.minus(margin)) : ZERO,
    book,
  };
}

/** What each class can spend: for perpetuals, beside what is to be kept of it. */
function rulesFor(seen: HyperliquidObservation, rules: PlanRules, scope: HyperliquidScope): OrderRules {
  const { account_value_usd, withdrawable_usd, margin_used_usd, spot_usd } = seen;
  const keeps = margin_used_usd.times(scope.margin_ratio);
  const purses: Record<PurseId, Decimal> = {
    perp: min(withdrawable_usd, account_value_usd.minus(keeps)).minus(rules.reserve_usd),
    spot: spot_usd.total.minus(spot_usd.hold).minus(scope.spot_buffer_usd),
  };
  return {
    ...rules,
    numeraire: { account: scope.account.label, asset: cashOf(scope) },
    value_usd: seen.value_usd,
    purses,
    transfers: scope.transfers,
    most_gross: scope.most_gross,
    least_order_usd: LEAST_NOTIONAL,
    closes_below_least: scope.closes_below_least,
  };
}

/** Orders that rest and would open in a market that the plan trades go first: the plan counts only what is held. */
function withCancels(plan: Plan<HyperliquidIntent>, seen: HyperliquidObservation): Plan<HyperliquidIntent> {
  const traded = new Set(plan.steps.flatMap(({ intent }) => (intent.kind === "order" ? [intent.market] : [])));
  const cancels = seen.orders
    .filter(({ asset, reduce_only }) => traded.has(asset) && !reduce_only)
    .map(
      ({ asset, id }): PlanStep<HyperliquidIntent> => ({
        intent: { kind: "cancel", market: asset, order: id },
        reason: `Cancel order ${id} of ${splitAssetId(asset).symbol}`,
        direction: null,
        cost_usd: ZERO,
        value_usd: null,
      }),
    );
  if (cancels.length === 0) return plan;
  return { ...plan, steps: [...cancels, ...plan.steps], line: [...cancels.map(({ reason }) => reason), plan.line].join("; ") };
}

function nothingUpon(seen: HyperliquidObservation, targets: Targets, scope: HyperliquidScope): Plan<HyperliquidIntent> {
  const detail = `what was seen is ${Math.round((seen.stale?.age ?? 0) / 1_000)} s old`;
  const keys = new Set(targets.map(({ account, asset }) => holdingKey(account, asset)));
  const skipped = seen.markets
    .filter(({ asset }) => keys.has(holdingKey(scope.account.label, asset)))
    .map(({ asset }): Skipped => ({ account: scope.account.label, asset, reason: "stale", detail, deviation: null }));
  return {
    steps: [],
    skipped,
    clipped: [],
    value_usd: seen.value_usd,
    cost_usd: ZERO,
    line: `Nothing to trade: ${detail}, and what was done since is not in it`,
  };
}
