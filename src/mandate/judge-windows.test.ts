import { expect, test } from "vitest";
import { DAY, HOUR } from "../core/clock.ts";
import { decimal, ZERO } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import { emptyFleet, fleetBudgetsAt } from "../journal/fold-fleet.ts";
import type { DecodedCall, Effects, PoolImpact, Prices } from "../protocols/effects.ts";
import { budgetsLeft, judge } from "./judge.ts";
import type { FleetTerms, Limits, Terms } from "./terms.ts";
import { budgetsWith, buying, delta, effectsWith, held, NOW, PRICES, selling, swapCall, termsWith } from "./testing/judging.ts";

const usd = (amount: string | number) => decimal(amount);
const CHEAP_EXITS = { max_exit_cost_bps: usd(100) };

interface Case {
  readonly terms?: Terms;
  readonly limits?: Partial<Limits>;
  readonly effects: Effects;
  readonly budgets?: Partial<Budgets>;
  readonly now?: number;
  readonly prices?: Prices;
}

function violations({ limits, terms = termsWith(limits), effects, budgets, now = NOW, prices = PRICES }: Case) {
  const verdict = judge(terms, effects, prices, budgetsWith(budgets), now);
  return verdict.kind === "deny" ? verdict.violations : [];
}
const codes = (given: Case) => violations(given).map(({ code }) => code);

test.each([
  ["an hour", "max_hourly_spend_usd", "spend_hour_usd", "HOURLY_SPEND"],
  ["a day", "max_daily_spend_usd", "spend_usd", "DAILY_SPEND"],
  ["a week", "max_weekly_spend_usd", "spend_week_usd", "WEEKLY_SPEND"],
  ["all time", "max_total_spend_usd", "spend_total_usd", "TOTAL_SPEND"],
] as const)(
  "spend of %s is allowed up to its limit, denied a millionth past it, and never asked of exits",
  (_, limit, used, code) => {
    const limits = { [limit]: usd(2000), ...CHEAP_EXITS };
    const budgets = { [used]: usd(1900) };
    expect(codes({ limits, budgets, effects: buying(100) })).toEqual([]);
    expect(codes({ limits, budgets, effects: buying("100.000001") })).toEqual([code]);
    expect(codes({ limits, budgets: { [used]: usd(9000) }, effects: selling(1000) })).toEqual([]);
  },
);

test("a window that is full says how much is left and when the oldest of it comes back; what is spent in all never does", () => {
  const limits = { max_weekly_spend_usd: usd(100), max_total_spend_usd: usd(100) };
  const budgets = { spend_week_usd: usd(60), spend_total_usd: usd(60), refills: { max_weekly_spend_usd: NOW + HOUR } };
  const [week, total] = violations({ limits, budgets, effects: buying(41) });
  expect(week).toMatchObject({ code: "WEEKLY_SPEND", value: "101", allowed: "40", until: NOW + HOUR });
  expect(total).not.toHaveProperty("until");
  const rows = budgetsLeft(termsWith(limits), budgetsWith(budgets));
  expect(rows.find(({ budget }) => budget === "max_weekly_spend_usd")).toMatchObject({ left: usd(40), refills: NOW + HOUR });
  expect(rows.find(({ budget }) => budget === "max_total_spend_usd")).toMatchObject({ left: usd(40), refills: null });
  expect(rows.some(({ budget }) => budget === "max_hourly_spend_usd")).toBe(false);
});

test("spend must leave the cash that is kept, to the cent; what lies in a position is no cash, and exits pass", () => {
  const limits = { min_cash_usd: usd(5900), ...CHEAP_EXITS };
  expect(codes({ limits, effects: buying(100) })).toEqual([]);
  const [short] = violations({ limits, effects: buying("100.01") });
  expect(short).toMatchObject({ code: "MIN_CASH", limit: "min_cash_usd", value: "5899.99", allowed: "100" });
  const inPosition = { ...held("base/USDC", 9000), account: "positions" };
  const before = [...effectsWith().before, inPosition];
  expect(codes({ limits, effects: { ...buying("100.01"), before } })).toEqual(["MIN_CASH"]);
  expect(codes({ limits: { ...limits, min_cash_usd: usd(999999) }, effects: selling(1000) })).toEqual([]);
});

test("cash on other chains counts by the journal and at no more than a dollar; on the request's own chain only what is there", () => {
  const limits = { min_cash_usd: usd(5900), ...CHEAP_EXITS };
  const elsewhere = { "wallet arb/USDC": usd(200), "wallet arb/WETH": usd(9), "vault arb/USDC": usd(9000) };
  const budgets = { held: { ...elsewhere, "wallet base/USDC": usd(99_000) } };
  expect(codes({ limits, budgets, effects: buying(300) })).toEqual([]);
  expect(codes({ limits, budgets, effects: buying("300.01") })).toEqual(["MIN_CASH"]);
  const prices: Prices = { ...PRICES, "base/USDC": { usd: decimal("1.004"), error_bps: decimal(50), at: NOW } };
  expect(violations({ limits: { ...limits, min_cash_usd: usd(999_999) }, budgets, prices, effects: buying(1) })).toMatchObject([
    { code: "MIN_CASH", value: decimal(5_999).times("1.004").plus(200).toFixed() },
  ]);
});

test("what takes no cash away is not asked what cash it leaves", () => {
  const effects = effectsWith({ deltas: [delta("base/ETH", "-1"), delta("base/WETH", "1")] });
  const limits: Partial<Limits> = { min_cash_usd: usd(999999), allowed_tokens: ["WETH", "USDC", "ETH"] };
  expect(codes({ limits, effects })).toEqual([]);
});

test("outside allowed_hours only reducing passes, and the refusal says when they begin", () => {
  // NOW is a Monday, 12:00 UTC.
  const limits = { allowed_hours: ["mon-fri 08:00-12:00"], ...CHEAP_EXITS };
  expect(codes({ limits, effects: buying(1), now: NOW - 1 })).toEqual([]);
  const [closed] = violations({ limits, effects: buying(1) });
  expect(closed).toMatchObject({ code: "OUTSIDE_HOURS", limit: "allowed_hours", until: NOW + 20 * HOUR });
  expect(codes({ limits, effects: selling(1000) })).toEqual([]);
  expect(codes({ limits, effects: buying(1), now: NOW + 20 * HOUR })).toEqual([]);
  const [never] = violations({ limits: { allowed_hours: [] }, effects: buying(1) });
  expect(never).not.toHaveProperty("until");
});

const impact = (before: string | null, after: string | null): PoolImpact => ({
  pool: "WETH-USDC",
  before_bps: before === null ? null : usd(before),
  after_bps: after === null ? null : usd(after),
});

test.each([
  ["leaves it at the limit", impact("0", "50"), true],
  ["leaves it a hundredth past the limit", impact("0", "50.01"), false],
  ["pushes one that is off already farther off", impact("60", "60.01"), false],
  ["brings one that is off nearer, and not within the limit", impact("-90", "-60"), true],
  ["crosses the pinned price to beyond the limit", impact("-90", "51"), false],
  ["is at a pool whose place is not known", impact("0", null), false],
])("a trade that %s is judged by where the pool then stands off the pinned price", (_, one, passes) => {
  const limits = { max_price_impact_bps: usd(50), ...CHEAP_EXITS };
  expect(codes({ limits, effects: { ...buying(100), impacts: [one] } })).toEqual(passes ? [] : ["PRICE_IMPACT"]);
  expect(codes({ limits, effects: { ...selling(1000), impacts: [one] } })).toEqual([]);
  expect(codes({ effects: { ...buying(100), impacts: [one] } })).toEqual([]);
});

test("only contracts of the allowed kinds are called; tokens are held to allowed_tokens instead", () => {
  const token = swapCall({ contract: "WETH", kind: "weth9", function: "deposit" });
  const effects = { ...buying(1), calls: [token, swapCall()] };
  expect(codes({ limits: { allowed_protocols: ["uniswap-v3-router02"] }, effects })).toEqual([]);
  expect(codes({ limits: { allowed_protocols: [] }, effects })).toEqual(["PROTOCOL_NOT_ALLOWED"]);
});

const OWN = "0x00000000000000000000000000000000000aaaaa";
const OTHER = `0x${"9".repeat(40)}`;
const called = (raw: DecodedCall["raw"]) => swapCall(raw === undefined ? {} : { raw });
const rule = (conditions: Limits["allowed_calls"][string][string]) => ({
  allowed_calls: { router: { exactInputSingle: conditions } },
});

test.each([
  ["one of several", { "params.fee": { one_of: ["500", "3000"] } }, { params: { fee: "3000" } }, { params: { fee: "100" } }],
  ["at least", { "params.amountIn": { min: "10" } }, { params: { amountIn: "10" } }, { params: { amountIn: "9" } }],
  ["at most", { "params.amountIn": { max: "10" } }, { params: { amountIn: "10" } }, { params: { amountIn: "11" } }],
  ["a negative tick", { tick: { min: "-20", max: "-10" } }, { tick: "-20" }, { tick: "-21" }],
  ["an own address", { "params.recipient": { own: true } }, { params: { recipient: OWN } }, { params: { recipient: OTHER } }],
  ["a member of a list", { "path[1]": { one_of: [OWN] } }, { path: [OTHER, OWN] }, { path: [OWN, OTHER] }],
  ["every member of a list", { "to[*]": { own: true } }, { to: [OWN, OWN] }, { to: [OWN, OTHER] }],
  ["a truth", { exact: { one_of: ["true"] } }, { exact: "true" }, { exact: "false" }],
  ["what is there at all", { "params.fee": { one_of: ["500"] } }, { params: { fee: "500" } }, { params: {} }],
] as const)("an argument must be %s", (_, conditions, right, wrong) => {
  const limits = rule(conditions);
  expect(codes({ limits, effects: { ...buying(1), calls: [called(right)] } })).toEqual([]);
  expect(codes({ limits, effects: { ...buying(1), calls: [called(wrong)] } })).toEqual(["ARGUMENT_NOT_ALLOWED"]);
});

test("conditions hold for every call within multicalls, for the named function alone, and for exits too", () => {
  const limits = { ...rule({ "params.fee": { one_of: ["500"] } }), ...CHEAP_EXITS };
  const multicall = (fee: string) => swapCall({ function: "multicall", raw: {}, inner: [called({ params: { fee } })] });
  expect(codes({ limits, effects: { ...buying(1), calls: [multicall("500"), multicall("500")] } })).toEqual([]);
  expect(codes({ limits, effects: { ...buying(1), calls: [multicall("500"), multicall("100")] } })).toEqual([
    "ARGUMENT_NOT_ALLOWED",
  ]);
  expect(codes({ limits, effects: { ...selling(1000), calls: [multicall("100")] } })).toEqual(["ARGUMENT_NOT_ALLOWED"]);
  expect(codes({ limits, effects: { ...buying(1), calls: [swapCall({ function: "exactInput" })] } })).toEqual([]);
  expect(codes({ limits, effects: { ...buying(1), calls: [called(undefined)] } })).toEqual(["ARGUMENT_NOT_ALLOWED"]);
});

const FLEET: FleetTerms = {
  id: "desk",
  max_hourly_spend_usd: usd(200),
  max_daily_spend_usd: usd(500),
  max_weekly_spend_usd: usd(900),
  max_total_spend_usd: usd(1000),
  max_daily_loss_usd: usd(10),
};

test.each([
  ["an hour", { spend_hour_usd: usd(100) }, "fleet.max_hourly_spend_usd"],
  ["a day", { spend_usd: usd(400) }, "fleet.max_daily_spend_usd"],
  ["a week", { spend_week_usd: usd(800) }, "fleet.max_weekly_spend_usd"],
  ["all time", { spend_total_usd: usd(900) }, "fleet.max_total_spend_usd"],
  ["an hour, with what others left allowed", { spend_hour_usd: usd(60), allowed_usd: usd(40) }, "fleet.max_hourly_spend_usd"],
])("what a fleet may spend in %s is allowed up to its limit and denied past it", (_, taken, limit) => {
  const terms = { ...termsWith(CHEAP_EXITS), fleet: FLEET };
  const budgets = { fleet: { ...fleetBudgetsAt(emptyFleet, NOW, "wallet:0x1"), ...taken } };
  expect(codes({ terms, budgets, effects: buying(100) })).toEqual([]);
  expect(violations({ terms, budgets, effects: buying("100.000001") })).toMatchObject([{ code: "FLEET_SPEND", limit }]);
  expect(codes({ terms, budgets, effects: selling(1000) })).toEqual([]);
});

test("a fleet's losses are one sum, and a shared budget that is not known lets nothing be spent", () => {
  const terms = { ...termsWith(), fleet: FLEET };
  const fleet = { ...fleetBudgetsAt(emptyFleet, NOW, "wallet:0x1"), loss_usd: usd(9) };
  expect(codes({ terms, budgets: { fleet }, effects: buying(100, 100) })).toEqual([]);
  expect(codes({ terms, budgets: { fleet }, effects: buying(101, 100) })).toEqual(["FLEET_LOSS"]);
  expect(codes({ terms, effects: buying(100) })).toEqual(["FLEET_SPEND"]);
  const rows = budgetsLeft(terms, budgetsWith({ fleet: { ...fleet, refills: { max_daily_loss_usd: NOW + DAY } } }));
  expect(rows.find(({ budget }) => budget === "fleet.max_daily_loss_usd")).toMatchObject({ left: usd(1), refills: NOW + DAY });
  expect(rows.find(({ budget }) => budget === "fleet.max_daily_spend_usd")).toMatchObject({ used: ZERO, left: usd(500) });
});
