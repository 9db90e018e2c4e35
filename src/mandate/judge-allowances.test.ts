import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal, ZERO } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import { allowanceKey } from "../journal/live-allowances.ts";
import type { AllowanceChange, AssetId, Effects } from "../protocols/effects.ts";
import { judge } from "./judge.ts";
import { standingOf, takenWith } from "./standing.ts";
import type { Limits } from "./terms.ts";
import { budgetsWith, buying, effectsWith, NOW, PRICES, selling, swapCall, termsWith } from "./testing/judging.ts";

const ROUTER = "0x4444444444444444444444444444444444444444";
const FACTORY = "0x5555555555555555555555555555555555555555";
const OWNER = "0x00000000000000000000000000000000000aaaaa";
const usd = (amount: string | number) => decimal(amount);

function allowance(before: string | number, after: string | number, change: Partial<AllowanceChange> = {}): AllowanceChange {
  return { owner: "wallet", asset: "base/USDC", spender: ROUTER, before: usd(before), after: usd(after), ...change };
}
const approve = swapCall({ contract: "USDC", kind: "erc20", function: "approve" });
const approving = (amount: string | number, before: string | number = 0): Effects =>
  effectsWith({ calls: [approve], allowances: [allowance(before, amount)] });

/** Budgets with this much USDC allowed to the router. */
function live(amount: string | number, asset: AssetId = "base/USDC"): Partial<Budgets> {
  const key = allowanceKey({ owner: OWNER, asset, spender: ROUTER });
  return { allowances: { [key]: { amount: usd(amount), usd: usd(amount) } } };
}

function verdictOf(effects: Effects, limits: Partial<Limits> = {}, budgets: Partial<Budgets> = {}) {
  return judge(termsWith(limits), effects, PRICES, budgetsWith(budgets), NOW);
}
function codes(...given: Parameters<typeof verdictOf>) {
  const verdict = verdictOf(...given);
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
}

test("an allowance that stays is spend at its full amount, and no loss", () => {
  expect(verdictOf(approving(100))).toMatchObject({
    kind: "allow",
    atWorst: { class: "spend", spend_usd: usd(100), loss_usd: ZERO, buys_usd: ZERO },
  });
});

test.each([
  ["to a contract whose code is not known to take from its caller alone", allowance(0, 100, { spender: FACTORY }), {}],
  ["to somebody who is not in the book", allowance(0, 100, { spender: `0x${"9".repeat(40)}` }), {}],
  ["to a contract that may not be called", allowance(0, 100), { allowed_contracts: [] }],
  ["over a token that is not allowed", allowance(0, 100), { allowed_tokens: ["WETH"] }],
  ["over more than is held", allowance(0, "6000.000001"), {}],
  ["over everything", allowance(0, "9".repeat(60)), {}],
])("an allowance %s may not stay", (_, change, limits: Partial<Limits>) => {
  expect(codes(effectsWith({ calls: [approve], allowances: [change] }), limits)).toContain("ALLOWANCE_LEFT");
});

test("all that is held may be allowed, and no unit more", () => {
  expect(codes(approving(6000))).toEqual([]);
});

test.each([
  ["max_hourly_spend_usd", "HOURLY_SPEND"],
  ["max_daily_spend_usd", "DAILY_SPEND"],
  ["max_weekly_spend_usd", "WEEKLY_SPEND"],
  ["max_total_spend_usd", "TOTAL_SPEND"],
] as const)("an allowance counts in %s for as long as it is live", (limit, code) => {
  const limits = { [limit]: usd(500) };
  expect(codes(approving(500), limits)).toEqual([]);
  expect(codes(approving("500.01"), limits)).toEqual([code]);
  // Windows are empty, as they are a month later: what is live is counted all the same.
  expect(codes(buying(100), limits, live(400))).toEqual([]);
  expect(codes(buying("100.01"), limits, live(400))).toEqual([code]);
});

test("the request that uses an allowance counts by what it gives up, not twice", () => {
  const limits = { max_daily_spend_usd: usd(500), max_single_trade_usd: usd(500) };
  const using = { ...buying(500), allowances: [allowance(500, 0)] };
  expect(codes(using, limits, live(500))).toEqual([]);
  const half = { ...buying(250), allowances: [allowance(500, 250)] };
  expect(codes(half, limits, live(500))).toEqual([]);
  expect(codes(half, { max_daily_spend_usd: usd("499.99") }, live(500))).toEqual(["DAILY_SPEND"]);
});

test("approvals in different cycles add up: in the windows, and as one trade", () => {
  expect(codes(approving(300, 200), { max_single_trade_usd: usd(300) }, live(200))).toEqual([]);
  const other = effectsWith({ calls: [approve], allowances: [allowance(0, "0.2", { asset: "base/WETH" })] });
  expect(codes(other, { max_single_trade_usd: usd(700) }, live(200))).toEqual([]);
  expect(codes(other, { max_single_trade_usd: usd(699) }, live(200))).toEqual(["TRADE_TOO_LARGE"]);
  expect(codes(other, { max_daily_spend_usd: usd(699) }, live(200))).toEqual(["DAILY_SPEND"]);
  expect(codes(other, { require_human_approval_above_usd: usd(699) }, live(200))).toEqual([]);
  expect(verdictOf(other, { require_human_approval_above_usd: usd(699) }, live(200)).kind).toBe("ask");
});

test("what a request uses up itself is a trade beside what stands; once it stands too, nothing more may be left", () => {
  const limits = { max_single_trade_usd: usd(500) };
  expect(codes(buying(500), limits, live(17))).toEqual([]);
  // Reverted, it has left all of it: WETH for 500 beside the 17.
  const key = allowanceKey({ owner: OWNER, asset: "base/WETH", spender: ROUTER });
  const left = { allowances: { ...live(17).allowances, [key]: { amount: usd("0.2"), usd: usd(500) } } };
  expect(codes(approving(18, 17), limits, left)).toEqual(["TRADE_TOO_LARGE"]);
  expect(codes(buying(500), { ...limits, max_daily_spend_usd: usd(1017) }, left)).toEqual([]);
  expect(codes(buying(500), { ...limits, max_daily_spend_usd: usd("1016.99") }, left)).toEqual(["DAILY_SPEND"]);
});

test("what is allowed is priced when it is judged, not when it was left", () => {
  // 0.2 WETH were worth next to nothing when they were allowed; they are worth $500 now.
  const key = allowanceKey({ owner: OWNER, asset: "base/WETH", spender: ROUTER });
  const budgets = { allowances: { [key]: { amount: usd("0.2"), usd: usd(1) } } };
  expect(codes(buying(100), { max_daily_spend_usd: usd(600) }, budgets)).toEqual([]);
  expect(codes(buying("100.01"), { max_daily_spend_usd: usd(600) }, budgets)).toEqual(["DAILY_SPEND"]);
});

test("limits in units count it too", () => {
  const limits = { max_daily_spend: { USDC: usd(500) }, max_single_trade: { USDC: usd(500) } };
  expect(codes(approving(500), limits)).toEqual([]);
  expect(codes(approving("500.01"), limits)).toEqual(["TRADE_TOO_LARGE", "DAILY_SPEND"]);
  expect(codes(buying("100.01"), { max_daily_spend: { USDC: usd(500) } }, live(400))).toEqual(["DAILY_SPEND"]);
});

test("revoking and getting out pass whatever is allowed", () => {
  const limits = { max_daily_spend_usd: usd(1), max_exit_cost_bps: usd(100) };
  const revoke = effectsWith({ calls: [approve], allowances: [allowance(400, 0)] });
  expect(codes(revoke, limits, live(400))).toEqual([]);
  expect(codes(selling(1000), limits, live(400))).toEqual([]);
});

test("an allowance of before the gateway counts once it is widened, in full", () => {
  expect(verdictOf(approving(300, 200))).toMatchObject({ atWorst: { spend_usd: usd(300) } });
  expect(verdictOf({ ...buying(50), allowances: [allowance(200, 150)] })).toMatchObject({ atWorst: { spend_usd: usd(50) } });
});

test("whatever part of a request lands, live allowances and spend together are within what was counted", () => {
  const amount = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(amount, amount, amount, fc.boolean(), fc.boolean(), (before, approved, used, approves, swaps) => {
      const asked = approves ? approved : before;
      const taken = Math.min(used, asked);
      const effects = { ...buying(Math.max(taken, 1)), allowances: [allowance(before, swaps ? asked - taken : asked)] };
      const { usd: standing } = standingOf(termsWith(), effects, PRICES, budgetsWith(live(before)));
      const outflow = swaps ? taken : 0;
      const counted = takenWith(standing, decimal(outflow));
      // Nothing landed, only the approval, or both.
      const ends = [before, approves ? approved : before, asked - (swaps ? taken : 0) + outflow];
      return ends.every((end) => counted.gte(end));
    }),
  );
});
