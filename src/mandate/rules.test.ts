import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { ALWAYS } from "./hours.ts";
import { questionsOf } from "./rules.ts";
import type { Limits, Terms } from "./terms.ts";
import { termsWith } from "./testing/judging.ts";

const ten = decimal(10);

/** How many questions more a limit is worth, to whom. */
const LIMITS: readonly (readonly [Partial<Limits>, { reducing?: number; acting?: number; approvals?: number }])[] = [
  [{ max_single_trade_usd: ten }, { reducing: 1, acting: 1 }],
  [{ max_hourly_spend_usd: ten }, { reducing: 1, acting: 1 }],
  [{ max_daily_loss_usd: ten }, { reducing: 1, acting: 1 }],
  [{ max_position_size_usd: ten }, { reducing: 1, acting: 1 }],
  [{ max_position_size: { GOV: ten } }, { reducing: 1, acting: 1 }],
  [{ max_single_trade: { GOV: ten } }, { reducing: 1, acting: 1 }],
  [{ max_daily_spend: { GOV: ten } }, { reducing: 1, acting: 1 }],
  // The pools that liquidity goes into, and what a trade gives less than at pinned prices.
  [{ max_slippage_bps: ten }, { reducing: 1, acting: 2 }],
  [{ max_price_impact_bps: ten }, { acting: 1 }],
  [{ min_cash_usd: ten }, { acting: 1 }],
  [{ stop_loss_pct: ten }, { acting: 1 }],
  [{ max_trades_per_hour: ten }, { acting: 1 }],
  [{ max_consecutive_failures: ten }, { acting: 1 }],
  [{ max_actions_per_plan: ten }, { acting: 1 }],
  [{ allowed_hours: ["mon 08:00-20:00"] }, { acting: 1 }],
  [{ exit_gas_usd_per_day: ten }, { reducing: 1, acting: 1 }],
  [{ allowed_protocols: ["erc4626"] }, { reducing: 1, acting: 1 }],
  [{ allowed_calls: { router: {} } }, { reducing: 1, acting: 1 }],
  [{ require_human_approval_above_usd: ten }, { approvals: 1 }],
  [{ require_human_approval_for: ["router.exactInputSingle"] }, { approvals: 1 }],
  [{ require_human_approval_for_new_addresses: true }, { approvals: 1 }],
];

const counted = (terms: Terms) => {
  const { reducing, acting, approvals } = questionsOf(terms);
  return { reducing: reducing.length, acting: acting.length, approvals: approvals.length };
};

test.each(LIMITS)("%j asks its own questions where it is set, and none where it is not", (limit, more) => {
  const none = counted(termsWith({ allowed_hours: [ALWAYS], allowed_protocols: "all" }));
  const some = counted(termsWith({ allowed_hours: [ALWAYS], allowed_protocols: "all", ...limit }));
  const [reducing, acting, approvals] = [more.reducing ?? 0, more.acting ?? 0, more.approvals ?? 0];
  expect(some).toEqual({
    reducing: none.reducing + reducing,
    acting: none.acting + acting,
    approvals: none.approvals + approvals,
  });
});

test("a fleet's budget asks of spend and of loss, and terms are read once", () => {
  const terms = termsWith();
  const budget = { max_hourly_spend_usd: ten, max_daily_spend_usd: ten, max_weekly_spend_usd: ten, max_total_spend_usd: ten };
  const shared: Terms = { ...terms, fleet: { id: "desk", ...budget, max_daily_loss_usd: ten } };
  expect(counted(shared).acting).toBe(counted(terms).acting + 2);
  expect(questionsOf(shared)).toBe(questionsOf(shared));
});
