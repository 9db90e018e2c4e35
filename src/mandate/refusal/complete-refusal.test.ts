import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import type { WindowEnds } from "../../journal/window-ends.ts";
import type { Effects } from "../../protocols/effects.ts";
import { judge } from "../judge.ts";
import type { Limits } from "../terms.ts";
import { budgetsWith, buying, NOW, PRICES, swapCall, termsWith } from "../testing/judging.ts";
import type { Verdict } from "../verdict.ts";
import { completeRefusal } from "./complete-refusal.ts";
import { timeSaid } from "./time-said.ts";

const D = (value: string | number) => decimal(value);

function told(
  effects: Effects,
  limits: Partial<Limits>,
  budgets: Partial<Budgets> = {},
  ends: Readonly<Record<string, WindowEnds>> = {},
): Exclude<Verdict, { kind: "allow" }> {
  const asked = { terms: termsWith(limits), effects, prices: PRICES, budgets: budgetsWith(budgets), now: NOW, authority: {} };
  const verdict = completeRefusal(judge(asked.terms, effects, PRICES, asked.budgets, NOW), asked, ends);
  if (verdict.kind === "allow") throw new TypeError("it is allowed");
  return verdict;
}

function reasonIn(verdict: Exclude<Verdict, { kind: "allow" }>) {
  return verdict.kind === "deny" ? verdict.violations[0] : verdict.because[0];
}

test("a time is said by the minute that it has come at the latest, with its date where that is another day", () => {
  expect(timeSaid(NOW + 2 * HOUR + 5 * MINUTE, NOW)).toBe("14:05 UTC");
  expect(timeSaid(NOW + 2 * HOUR + 4 * MINUTE + 1, NOW)).toBe("14:05 UTC");
  expect(timeSaid(NOW + DAY, NOW)).toBe("2026-01-06 12:00 UTC");
  expect(timeSaid(NOW + 12 * HOUR - 1, NOW)).toBe("2026-01-06 00:00 UTC");
});

test("the sentence of a budget says what is left, when there is more and when all of it is back, and so does the whole request's", () => {
  const [next, full] = [NOW + HOUR, NOW + 2 * HOUR + 5 * MINUTE];
  const budgets = { spend_usd: D("958.8") };
  const verdict = told(buying(500), { max_daily_spend_usd: D(1000) }, budgets, { max_daily_spend_usd: { next, full } });
  expect(reasonIn(verdict)).toEqual({
    code: "DAILY_SPEND",
    limit: "max_daily_spend_usd",
    value: "1458.8",
    allowed: "41.2",
    until: next,
    full,
    message: "$500 to spend; $41.20 of $1,000 is left; more at 13:00 UTC, full budget at 14:05 UTC",
  });
  expect(verdict.largest).toEqual({
    kind: "passes",
    amounts: [{ asset: "base/USDC", amount: D("41.2") }],
    because: [],
    full,
    message: "largest amount now: 41.2 USDC; full budget at 14:05 UTC",
  });
});

test("where all comes back at once one time is said, and where nobody knows none", () => {
  const budgets = { spend_hour_usd: D(400) };
  const limits = { max_hourly_spend_usd: D(400) };
  const at = { max_hourly_spend_usd: { next: NOW + HOUR, full: NOW + HOUR } };
  const once = told(buying(500), limits, budgets, at);
  expect(reasonIn(once).message).toMatch(/; full budget at 13:00 UTC$/);
  expect(once.largest?.message).toBe("no smaller amount passes now: HOURLY_SPEND; again at 13:00 UTC; full budget at 13:00 UTC");
  const open = told(buying(500), limits, budgets, { max_hourly_spend_usd: { next: null, full: null } });
  expect(reasonIn(open).message).toMatch(/; all of it once what is open or allowed is over$/);
  expect(open.largest?.message).toBe("no smaller amount passes now: HOURLY_SPEND");
  const total = told(buying(500), { max_total_spend_usd: D(400) }, { spend_total_usd: D(400) });
  expect(reasonIn(total).message).toMatch(/; none of it comes back$/);
});

test("a cooldown and a rate say when it is the turn again, and that less does not help", () => {
  const cooling = told(buying(500), { cooldown_seconds: D(300) }, { last_trade_at: NOW - MINUTE });
  expect(reasonIn(cooling).message).toMatch(/; again at 12:04 UTC$/);
  expect(cooling.largest).toMatchObject({ kind: "none", because: ["COOLDOWN"], until: NOW + 4 * MINUTE });
  expect(cooling.largest?.message).toBe("no smaller amount passes now: COOLDOWN; again at 12:04 UTC");
  const ends = { max_trades_per_hour: { next: NOW + 30 * MINUTE, full: NOW + 50 * MINUTE } };
  const rated = told(buying(500), { max_trades_per_hour: D(2) }, { trades_last_hour: 2 }, ends);
  expect(reasonIn(rated)).toMatchObject({ until: NOW + 30 * MINUTE, full: NOW + 50 * MINUTE });
  expect(reasonIn(rated).message).toMatch(/; again at 12:30 UTC$/);
});

test("what would need nobody is said of a question to the operator", () => {
  const verdict = told(buying(500), { require_human_approval_above_usd: D(200) });
  expect(verdict.kind).toBe("ask");
  expect(verdict.largest?.message).toBe("largest amount now without a person's approval: 200 USDC");
});

test("a limit in a token's units names the token", () => {
  const limits = { max_single_trade: { USDC: D(75) } };
  expect(reasonIn(told(buying(500), limits))).toMatchObject({ allowed: "75", unit: "USDC" });
});

test("what is outside a list of the mandate comes with that list, and what is outside a condition with that", () => {
  const stranger = {
    ...buying(5),
    payments: [{ to: `0x${"5a".repeat(20)}` as const, asset: "base/USDC" as const, amount: D(5) }],
  };
  const [one, other] = [`0x${"1b".repeat(20)}`, `0x${"2c".repeat(20)}`] as const;
  expect(reasonIn(told(stranger, { allowed_recipients: [one, other] }))).toMatchObject({
    code: "RECIPIENT_NOT_ALLOWED",
    allowed: `${one}, ${other}`,
  });
  expect(reasonIn(told(stranger, { allowed_recipients: [] }))).toMatchObject({ allowed: "none" });
  const calls = [swapCall({ raw: { params: { recipient: one } } })];
  const allowed_calls = { router: { exactInputSingle: { "params.recipient": { one_of: [other] } } } };
  expect(reasonIn(told({ ...buying(5), calls }, { allowed_calls }))).toMatchObject({ value: one, allowed: other });
});

test("what is allowed stays as it is", () => {
  const terms = termsWith();
  const asked = { terms, effects: buying(1), prices: PRICES, budgets: budgetsWith(), now: NOW, authority: {} };
  const verdict = judge(terms, asked.effects, PRICES, asked.budgets, NOW);
  expect(completeRefusal(verdict, asked, {})).toBe(verdict);
});
