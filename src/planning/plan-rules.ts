import { BPS, type Decimal, max, ONE, ZERO } from "../core/decimal.ts";
import type { GatewayState } from "../gateway/contract.ts";
import type { Limit, Mandate } from "../mandate/terms.ts";
import { assetId } from "../protocols/effects.ts";
import type { Cap, PlanRules } from "./plan.ts";

/** What a cycle has traded already, in USD, per direction. */
export interface Traded {
  readonly buys_usd: Decimal;
  readonly sells_usd: Decimal;
}

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
  const chain = Object.entries(book.chains).find(([, { assets }]) => numeraire in assets)?.[0] ?? "";
  const { threshold_points, min_trade_usd, slippage_bps } = brief.plan;
  const keep = ONE.minus(slippage_bps.div(BPS));
  const budget = (name: string): Limit =>
    state.budgets.find((row) => row.budget === name && row.unit === "USD")?.left ?? "unlimited";
  const lossLeft = budget("max_daily_loss_usd");
  const affordable: Limit =
    lossLeft === "unlimited" || slippage_bps.isZero() ? "unlimited" : lossLeft.times(BPS).div(slippage_bps);
  return {
    numeraire: { account: Object.keys(terms.accounts)[0] ?? "", asset: assetId(chain, numeraire) },
    threshold_points,
    min_trade_usd,
    slippage_bps,
    reserve_usd: ZERO,
    gas_usd: ZERO,
    caps: {
      sells: caps(["max_single_trade_usd", less(limits.max_single_trade_usd, traded.sells_usd)]),
      buys: caps(
        ["max_single_trade_usd", less(limits.max_single_trade_usd, traded.buys_usd)],
        ["max_daily_spend_usd", budget("max_daily_spend_usd")],
        ["max_daily_loss_usd", affordable],
      ),
      // A fill may be better than the pinned price: room is kept for the most that the floor's margin lets expect.
      max_position_usd: limits.max_position_size_usd === "unlimited" ? "unlimited" : limits.max_position_size_usd.times(keep),
    },
  };
}

function less(limit: Limit, used: Decimal): Limit {
  return limit === "unlimited" ? limit : max(ZERO, limit.minus(used));
}

function caps(...rows: readonly (readonly [limit: string, left: Limit])[]): readonly Cap[] {
  return rows.flatMap(([limit, left]) => (left === "unlimited" ? [] : [{ limit, left_usd: left }]));
}
