import { expect, test } from "vitest";
import { decimal, ZERO } from "../core/decimal.ts";
import { parseSample } from "../mandate/testing/sample-mandate.ts";
import type { BudgetLeft } from "../mandate/verdict.ts";
import { planRules } from "./plan-rules.ts";

const nothing = { buys_usd: ZERO, sells_usd: ZERO };

function left(budget: string, amount: string): BudgetLeft {
  return { budget, unit: "USD", limit: decimal(2000), used: ZERO, left: decimal(amount), refills: null };
}

test("a cycle's own trades count against the single trade, each direction for itself", () => {
  const rules = planRules(parseSample(), { budgets: [] }, { buys_usd: decimal(450), sells_usd: decimal(600) });
  expect(rules.caps.buys.map(({ limit, left_usd }) => [limit, left_usd.toFixed()])).toEqual([["max_single_trade_usd", "50"]]);
  expect(rules.caps.sells.map(({ limit, left_usd }) => [limit, left_usd.toFixed()])).toEqual([["max_single_trade_usd", "0"]]);
});

test("buys keep within what is left of the day's spend, and of the day's loss at the floor's distance", () => {
  const mandate = parseSample();
  const rules = planRules(mandate, { budgets: [left("max_daily_spend_usd", "120"), left("max_daily_loss_usd", "1")] }, nothing);
  const bound = Object.fromEntries(rules.caps.buys.map(({ limit, left_usd }) => [limit, left_usd.toFixed(0)]));
  expect(mandate.brief.plan.slippage_bps.toFixed()).toBe("50");
  expect(bound).toEqual({ max_single_trade_usd: "500", max_daily_spend_usd: "120", max_daily_loss_usd: "200" });
});

test("everything is traded against the numeraire of the mandate's first account", () => {
  expect(planRules(parseSample(), { budgets: [] }, nothing).numeraire).toEqual({ account: "wallet", asset: "base/USDC" });
});
