import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import { allowanceKey } from "../journal/live-allowances.ts";
import type { AllowanceChange, AssetId, DecodedCall, Effects, GasBound, Prices } from "../protocols/effects.ts";
import { judge } from "./judge.ts";
import type { Limits, Terms } from "./terms.ts";
import { budgetsWith, buying, delta, effectsWith, held, NOW, PRICES, selling, swapCall, termsWith } from "./testing/judging.ts";
import type { Authority } from "./verdict.ts";

const usd = (amount: string | number) => decimal(amount);
const ROUTER = "0x4444444444444444444444444444444444444444";
const FACTORY = "0x5555555555555555555555555555555555555555";
const OWNER = "0x00000000000000000000000000000000000aaaaa";
const CHEAP_EXITS = { max_exit_cost_bps: usd(100) };
const FROZEN: Partial<Budgets> = { frozen: { code: "FROZEN_BY_OPERATOR", reason: "enough" } };

interface Case {
  readonly terms?: Terms;
  readonly limits?: Partial<Limits>;
  readonly effects: Effects;
  readonly budgets?: Partial<Budgets>;
  readonly prices?: Prices;
  readonly authority?: Authority;
}

function verdictOf({ limits, terms = termsWith(limits), effects, budgets, prices = PRICES, authority }: Case) {
  return judge(terms, effects, prices, budgetsWith(budgets), NOW, authority);
}
function codes(given: Case): readonly string[] {
  const verdict = verdictOf(given);
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
}

/** Terms with a vault of WETH, a share of which redeems 1.1. */
function withVault(limits: Partial<Limits> = {}): Terms {
  const terms = termsWith({ allowed_tokens: ["WETH", "USDC", "ETH", "vWETH"], ...limits });
  const { base } = terms.book.chains;
  if (!base) throw new TypeError("the sample has a chain");
  const address = "0x9999999999999999999999999999999999999999" as const;
  const vWETH = { address, decimals: 18, kind: "erc4626", of: "WETH" } as const;
  return { ...terms, book: { ...terms.book, chains: { base: { ...base, assets: { ...base.assets, vWETH } } } } };
}
const SHARE: Prices = { ...PRICES, "base/vWETH": { usd: usd(2750), error_bps: usd(50), at: NOW } };
const gasOf = (most: string): readonly GasBound[] => [
  { chain: "base", asset: "base/ETH", units: 100_000n, maxFeePerGas: 1n, most: decimal(most) },
];
const unwrapping = (weth: string, eth = weth): Effects => ({
  ...effectsWith({
    calls: [swapCall({ contract: "WETH", kind: "weth9", function: "withdraw" })],
    deltas: [delta("base/WETH", `-${weth}`), delta("base/ETH", eth)],
  }),
  before: [held("base/ETH", 2), held("base/WETH", 2)],
});
const allowance = (amount: string | number, change: Partial<AllowanceChange> = {}): AllowanceChange => ({
  owner: "wallet",
  asset: "base/USDC",
  spender: ROUTER,
  before: usd(0),
  after: usd(amount),
  ...change,
});
const approve = swapCall({ contract: "USDC", kind: "erc20", function: "approve" });
const approving = (amount: string | number, change: Partial<AllowanceChange> = {}): Effects =>
  effectsWith({ calls: [approve], allowances: [allowance(amount, change)] });
const live = (asset: AssetId, amount: number): Budgets["allowances"] => ({
  [allowanceKey({ owner: OWNER, asset, spender: FACTORY })]: { amount: usd(amount), usd: usd(amount) },
});

test("shares are an exposure to what they redeem: a position is both together", () => {
  const terms = withVault({ max_position_size_usd: usd(10_500) });
  const effects = {
    ...effectsWith({ deltas: [delta("base/USDC", -2750), delta("base/vWETH", 1)] }),
    before: [held("base/WETH", 2), held("base/vWETH", 1), held("base/USDC", 6000)],
  };
  expect(codes({ terms, prices: SHARE, effects })).toEqual([]);
  const less = withVault({ max_position_size_usd: usd("10499.999999") });
  expect(codes({ terms: less, prices: SHARE, effects })).toEqual(["POSITION_TOO_LARGE"]);
});

test("shares leave a vault whole, past the single trade, and the vault's call alone does", () => {
  const terms = withVault({ ...CHEAP_EXITS, max_single_trade_usd: usd(500) });
  const withdraw = swapCall({ contract: "vWETH", kind: "erc4626", function: "withdraw" });
  const leaving = (call: DecodedCall): Effects => ({
    ...effectsWith({ calls: [call], deltas: [delta("base/vWETH", -1), delta("base/WETH", "1.1")] }),
    before: [held("base/vWETH", 1), held("base/WETH", 0)],
  });
  expect(codes({ terms, prices: SHARE, effects: leaving(withdraw), budgets: FROZEN })).toEqual([]);
  expect(codes({ terms, prices: SHARE, effects: leaving(swapCall()) })).toContain("TRADE_TOO_LARGE");
});

test("an unwrap and what takes signatures back never use the gas that is kept for exits, but a person's may", () => {
  const limits = {
    ...CHEAP_EXITS,
    max_gas_usd_per_day: usd(1),
    exit_gas_usd_per_day: usd(10),
    allowed_tokens: ["WETH", "USDC", "ETH"],
    allowed_contracts: ["router", "permit2"],
  };
  const gas = gasOf("0.0004");
  const budgets = { ...FROZEN, gas_usd: usd("0.000001") };
  const unwrap = { ...unwrapping("1"), gas };
  expect(codes({ limits, effects: unwrap, budgets: FROZEN })).toEqual([]);
  expect(codes({ limits, effects: unwrap, budgets })).toEqual(["GAS_BUDGET"]);
  const lockdown = { ...effectsWith({ calls: [swapCall({ contract: "permit2", kind: "permit2", function: "lockdown" })] }), gas };
  const back = { ...lockdown, before: [held("base/ETH", 2)] };
  expect(codes({ limits, effects: back, budgets: FROZEN })).toEqual([]);
  expect(codes({ limits, effects: back, budgets })).toEqual(["GAS_BUDGET"]);
  expect(codes({ limits, effects: back, budgets, authority: { operator: true } })).toEqual([]);
  expect(codes({ limits, effects: unwrap, budgets, authority: { operator: true } })).toEqual(["GAS_BUDGET"]);
});

test("an unwrap that gives less than it takes is no exit, however little less", () => {
  const limits = { ...CHEAP_EXITS, allowed_tokens: ["WETH", "USDC", "ETH"] };
  expect(codes({ limits, effects: unwrapping("1"), budgets: FROZEN })).toEqual([]);
  expect(codes({ limits, effects: unwrapping("1", "0.999999999999999999"), budgets: FROZEN })).toEqual(["FROZEN"]);
});

test("an unwrap whose gas costs more than exits may is no exit", () => {
  const limits = { ...CHEAP_EXITS, allowed_tokens: ["WETH", "USDC", "ETH"] };
  expect(codes({ limits, effects: { ...unwrapping("0.1"), gas: gasOf("0.001") }, budgets: FROZEN })).toEqual([]);
  expect(codes({ limits, effects: { ...unwrapping("0.1"), gas: gasOf("0.001000001") }, budgets: FROZEN })).toEqual(["FROZEN"]);
});

test("nothing is spent while something that is allowed to others has no price", () => {
  const allowed_tokens = ["WETH", "USDC", "GOV"];
  const budgets = { allowances: live("base/GOV", 5) };
  expect(codes({ limits: { allowed_tokens }, effects: buying(100), budgets })).toEqual(["PRICE_UNKNOWN"]);
  expect(codes({ limits: { allowed_tokens, ...CHEAP_EXITS }, effects: selling(1000), budgets })).toEqual([]);
});

test("a price that is too old is good enough for nobody but the operator's way home", () => {
  const stale: Prices = { ...PRICES, "base/WETH": { missing: "PRICE_STALE", reason: "old", last_usd: usd(2500) } };
  const given = { limits: CHEAP_EXITS, effects: selling(1000), prices: stale };
  expect(codes(given)).toContain("PRICE_STALE");
  expect(codes({ ...given, authority: { approved: true } })).toContain("PRICE_STALE");
  expect(codes({ ...given, authority: { operator: true } })).toEqual([]);
});

test("what positions hold is part of the portfolio that the stop is measured by", () => {
  const limits = { stop_loss_pct: usd(50) };
  const prices: Prices = { ...PRICES, "base/lp:positions:7": { usd: usd(100), error_bps: usd(50), at: NOW } };
  const inPosition = (units: string) => ({
    ...buying(100),
    before: [held("base/USDC", 1000), held("base/lp:positions:7", units)],
  });
  const budgets = { high_water_usd: usd(4000) };
  expect(codes({ limits, effects: inPosition("10.000001"), prices, budgets })).toEqual([]);
  expect(codes({ limits, effects: inPosition("10"), prices, budgets })).toEqual(["DRAWDOWN"]);
});

test("what is limited in units alone is worth nothing to the stop, and neither stops it from being known nor from being reached", () => {
  const GOV = { GOV: usd(1_000_000) };
  const limits = {
    allowed_tokens: ["WETH", "USDC", "GOV"],
    ...{ max_single_trade: GOV, max_daily_spend: GOV, max_position_size: GOV },
    stop_loss_pct: usd(10),
  };
  // 2 WETH, 6,000 USDC and 100 GOV, which has no feed.
  expect(verdictOf({ limits, effects: buying(100) })).toMatchObject({ kind: "allow", atWorst: { value_usd: usd(11_000) } });
  expect(codes({ limits, effects: buying(100), budgets: { high_water_usd: usd(12_222) } })).toEqual([]);
  expect(codes({ limits, effects: buying(100), budgets: { high_water_usd: usd(12_223) } })).toEqual(["DRAWDOWN"]);
  // Where the book names a feed, silence is no price.
  const prices: Prices = { ...PRICES, "base/WETH": { missing: "PRICE_STALE", reason: "old" } };
  expect(codes({ limits, prices, effects: buying(100), budgets: { high_water_usd: usd(11_000) } })).toContain("DRAWDOWN");
});

test("what a request leaves allowed, what is live and what the cycle bought are one trade, live permits too", () => {
  const limits = { max_single_trade_usd: usd(500) };
  const budgets: Partial<Budgets> = {
    cycle_buys_usd: usd(200),
    allowances: live("base/USDC", 100),
    signed: { pays: {}, allows: { "base/USDC": { amount: usd(50), usd: usd(50) } } },
  };
  expect(codes({ limits, effects: approving(150), budgets })).toEqual([]);
  expect(codes({ limits, effects: approving("150.000001"), budgets })).toEqual(["TRADE_TOO_LARGE"]);
  const units = { max_single_trade: { USDC: usd(300) } };
  expect(codes({ limits: units, effects: approving(150), budgets })).toEqual([]);
  expect(codes({ limits: units, effects: approving("150.000001"), budgets })).toEqual(["TRADE_TOO_LARGE"]);
});

test("what can come in without bound is a position without bound, in dollars and in units", () => {
  const effects = effectsWith({ deltas: [delta("base/USDC", -1), delta("base/WETH", 0, "unbounded")] });
  expect(codes({ effects })).toEqual([]);
  expect(codes({ limits: { max_position_size_usd: usd(1_000_000_000) }, effects })).toEqual(["POSITION_TOO_LARGE"]);
  expect(codes({ limits: { max_position_size: { WETH: usd(1_000_000_000) } }, effects })).toEqual(["POSITION_TOO_LARGE"]);
});

test("an allowance may not stay with code that does not take it from its caller alone, although it may be called", () => {
  const allowed_contracts = ["router", "factory"];
  expect(codes({ limits: { allowed_contracts }, effects: approving(100) })).toEqual([]);
  expect(codes({ limits: { allowed_contracts }, effects: approving(100, { spender: FACTORY }) })).toEqual(["ALLOWANCE_LEFT"]);
});

test("a token that is not allowed leaves for cash alone, and native coin that is not allowed leaves for nothing", () => {
  const prices: Prices = { ...PRICES, "base/GOV": { usd: usd("12.5"), error_bps: usd(50), at: NOW } };
  const given = (deltas: Effects["deltas"]) => ({
    limits: CHEAP_EXITS,
    prices,
    effects: { ...effectsWith({ deltas }), before: [held("base/ETH", 2), held("base/GOV", 100)] },
  });
  expect(codes(given([delta("base/GOV", -100), delta("base/USDC", 1250)]))).toEqual([]);
  expect(codes(given([delta("base/GOV", -100), delta("base/WETH", "0.5")]))).toEqual(["TOKEN_NOT_ALLOWED"]);
  expect(codes(given([delta("base/ETH", -1), delta("base/USDC", 2500)]))).toEqual(["TOKEN_NOT_ALLOWED"]);
});

test("approvals and transfers of a vault's shares are held to allowed_tokens, its other calls to allowed_protocols", () => {
  const limits = { allowed_protocols: [] };
  const of = (name: string): Effects => ({
    ...effectsWith({ calls: [swapCall({ contract: "vWETH", kind: "erc4626", function: name })] }),
  });
  expect(codes({ limits, effects: of("approve") })).toEqual([]);
  expect(codes({ limits, effects: of("transfer") })).toEqual([]);
  expect(codes({ limits, effects: of("mint") })).toEqual(["PROTOCOL_NOT_ALLOWED"]);
});

test("what the gas of the request itself may burn is not left for getting home", () => {
  const limits = { exit_gas_usd_per_day: usd(10), allowed_tokens: ["WETH", "USDC", "ETH"] };
  const given = (gas: string): Effects => ({
    ...effectsWith({ deltas: [delta("base/ETH", "-1.99"), delta("base/USDC", 4975)] }),
    before: [held("base/ETH", 2)],
    gas: gasOf(gas),
  });
  expect(codes({ limits, effects: given("0.006") })).toEqual([]);
  expect(codes({ limits, effects: given("0.006000001") })).toEqual(["GAS_RESERVE"]);
});

test("a position that a limit in units lets leave in small lots leaves while frozen, half of that limit at a time at least", () => {
  const limits = { ...CHEAP_EXITS, max_single_trade: { WETH: usd("0.05") } };
  expect(codes({ limits, effects: selling("62.5"), budgets: FROZEN })).toEqual([]);
  expect(codes({ limits, effects: selling("62.4975"), budgets: FROZEN })).toEqual(["FROZEN"]);
  // Ten dollars it has to be all the same.
  const crumbs = { ...CHEAP_EXITS, max_single_trade: { WETH: usd("0.005") } };
  expect(codes({ limits: crumbs, effects: selling("9.9975"), budgets: FROZEN })).toEqual(["FROZEN"]);
  expect(codes({ limits: crumbs, effects: selling(10), budgets: FROZEN })).toEqual([]);
});
