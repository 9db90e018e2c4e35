import { BPS, type Decimal, decimal, max, ONE, ZERO } from "../core/decimal.ts";
import type { GatewayState } from "../gateway/contract.ts";
import type { Limit, Mandate } from "../mandate/terms.ts";
import { assetId } from "../protocols/effects.ts";
import type { Cap, PlanRules } from "./plan.ts";

/** What a cycle has traded already, in USD, per direction. */
export interface Traded {
  readonly buys_usd: Decimal;
  readonly sells_usd: Decimal;
}

const OWN_SPENDS = ["max_hourly_spend_usd", "max_daily_spend_usd", "max_weekly_spend_usd", "max_total_spend_usd"];
/** Rows of the gateway's budgets that buying takes from: the wallet's own, and those that it shares. */
const SPENDS = [...OWN_SPENDS, ...OWN_SPENDS.map((name) => `fleet.${name}`)];
/** How far an exchange's oracle may move between a plan and its judgment before a limit that it fills is passed, in basis points. */
const DRIFT_BPS = decimal(10);
const LOSSES = ["max_daily_loss_usd", "fleet.max_daily_loss_usd"];

/**
 * The rules that a plan keeps so that the gateway has no reason to refuse it: the mandate's own, and what is left
 * of its budgets. They are no second gateway: what they miss, it refuses.
 */
export function planRules(
  { terms, brief }: Pick<Mandate, "terms" | "brief">,
  state: Pick<GatewayState, "budgets">,
  traded: Traded,
): PlanRules {
  const { limits, numeraire, book } = terms;
  const [exchange = ""] = Object.keys(book.exchanges);
  const chain = Object.entries(book.chains).find(([, { assets }]) => numeraire in assets)?.[0] ?? exchange;
  const { threshold_points, min_trade_usd, slippage_bps } = brief.plan;
  const keep = ONE.minus(slippage_bps.div(BPS));
  const budget = (name: string): Limit =>
    state.budgets.find((row) => row.budget === name && row.unit === "USD")?.left ?? "unlimited";
  const exchanges = Object.values(book.exchanges);
  /** What a dollar at the pinned price may be judged as: an order at an exchange by the worst price that it may fill at. */
  const worst = exchanges.length === 0 ? ONE : ONE.plus(slippage_bps.plus(DRIFT_BPS).div(BPS));
  const fees = exchanges.flatMap(({ fee_bps }) => [fee_bps.perp, fee_bps.spot]);
  const lost = slippage_bps.plus(max(ZERO, ...fees)).div(BPS);
  /** What can be bought at the floor's distance before a loss budget is used up. */
  const affordable = (name: string): Limit => {
    const left = budget(name);
    return left === "unlimited" || lost.isZero() ? "unlimited" : left.div(lost);
  };
  return {
    numeraire: { account: Object.keys(terms.accounts)[0] ?? "", asset: assetId(chain, numeraire) },
    threshold_points,
    min_trade_usd,
    slippage_bps,
    reserve_usd: limits.min_cash_usd,
    gas_usd: ZERO,
    caps: {
      sells: caps(["max_single_trade_usd", less(atPinned(limits.max_single_trade_usd, worst), traded.sells_usd)]),
      buys: caps(
        ["max_single_trade_usd", less(atPinned(limits.max_single_trade_usd, worst), traded.buys_usd)],
        ...SPENDS.map((name) => [name, atPinned(budget(name), worst)] as const),
        ...LOSSES.map((name) => [name, affordable(name)] as const),
      ),
      // A fill may be better than the pinned price: room is kept for the most that the floor's margin lets expect.
      max_position_usd: limits.max_position_size_usd === "unlimited" ? "unlimited" : limits.max_position_size_usd.times(keep),
    },
  };
}

function atPinned(limit: Limit, worst: Decimal): Limit {
  return limit === "unlimited" ? limit : limit.div(worst);
}

function less(limit: Limit, used: Decimal): Limit {
  return limit === "unlimited" ? limit : max(ZERO, limit.minus(used));
}

function caps(...rows: readonly (readonly [limit: string, left: Limit])[]): readonly Cap[] {
  return rows.flatMap(([limit, left]) => (left === "unlimited" ? [] : [{ limit, left_usd: left }]));
}
