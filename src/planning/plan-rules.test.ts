import { join } from "node:path";
import { expect, test } from "vitest";
import { decimal, ZERO } from "../core/decimal.ts";
import { readMandate } from "../mandate/read-mandate.ts";
import { parseSample, WORLD_WALLET } from "../mandate/testing/sample-mandate.ts";
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

test("buys keep within every window that the wallet or its fleet has, and leave what must stay in cash", () => {
  const mandate = parseSample();
  const limits = { ...mandate.terms.limits, min_cash_usd: decimal(75) };
  const names = [
    "max_hourly_spend_usd",
    "max_weekly_spend_usd",
    "max_total_spend_usd",
    "fleet.max_hourly_spend_usd",
    "fleet.max_daily_spend_usd",
    "fleet.max_weekly_spend_usd",
    "fleet.max_total_spend_usd",
  ];
  const budgets = [...names.map((name, i) => left(name, String(100 + i))), left("fleet.max_daily_loss_usd", "1")];
  const rules = planRules({ ...mandate, terms: { ...mandate.terms, limits } }, { budgets }, nothing);
  expect(rules.reserve_usd.toFixed()).toBe("75");
  const bound = Object.fromEntries(rules.caps.buys.map(({ limit, left_usd }) => [limit, left_usd.toFixed(0)]));
  expect(bound).toEqual({
    max_single_trade_usd: "500",
    ...Object.fromEntries(names.map((name, i) => [name, String(100 + i)])),
    "fleet.max_daily_loss_usd": "200",
  });
});

test("at an exchange caps are kept at the worst price that an order may fill at, and losses count its fees", () => {
  const file = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");
  const mandate = readMandate(file, { worldWallet: WORLD_WALLET });
  const traded = { buys_usd: decimal(5000), sells_usd: ZERO };
  const rules = planRules(mandate, { budgets: [left("max_daily_spend_usd", "1006"), left("max_daily_loss_usd", "5.7")] }, traded);
  expect(rules.numeraire).toEqual({ account: "wallet", asset: "hl/USDC" });
  const bound = Object.fromEntries(rules.caps.buys.map(({ limit, left_usd }) => [limit, left_usd.toFixed(2)]));
  // 50 bps of slippage and 10 that the oracle may move; fees of 7 bps where spot is traded.
  expect(bound).toEqual({ max_single_trade_usd: "7524.85", max_daily_spend_usd: "1000.00", max_daily_loss_usd: "1000.00" });
  expect(rules.caps.sells.map(({ left_usd }) => left_usd.toFixed(2))).toEqual(["12524.85"]);
});
