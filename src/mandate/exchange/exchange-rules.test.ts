import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR } from "../../core/clock.ts";
import { decimal, sum } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import type { Effects, Prices } from "../../protocols/effects.ts";
import type { ExchangeMove } from "../../protocols/exchange-effects.ts";
import { judge } from "../judge.ts";
import type { Limits } from "../terms.ts";
import { EXCHANGE_PRICES, exchangeEffects, exchangeOrder, exchangeTerms, market } from "../testing/exchange-judging.ts";
import { budgetsWith, NOW } from "../testing/judging.ts";
import { computeExchangeFacts } from "./exchange-facts.ts";

const usd = (amount: string | number) => decimal(amount);
const FROZEN: Partial<Budgets> = { frozen: { code: "FROZEN_BY_OPERATOR", reason: "enough" } };

interface Case {
  readonly limits?: Partial<Limits>;
  readonly effects: Effects;
  readonly budgets?: Partial<Budgets>;
  readonly prices?: Prices;
  readonly operator?: boolean;
}

function verdictOf({ limits, effects, budgets, prices = EXCHANGE_PRICES, operator = false }: Case) {
  return judge(exchangeTerms(limits), effects, prices, budgetsWith(budgets), NOW, { operator });
}

/** The codes of a denial or a question; empty when allowed. */
function codes(given: Case): readonly string[] {
  const verdict = verdictOf(given);
  const violations = verdict.kind === "deny" ? verdict.violations : verdict.kind === "ask" ? verdict.because : [];
  return violations.map(({ code }) => code);
}

type Order = Parameters<typeof exchangeOrder>[0];
const orders = (...some: readonly Order[]): readonly ExchangeMove[] =>
  some.map((order) => ({ do: "order", order: exchangeOrder(order) }));
const closing = (change: Order = {}): Order => ({ side: "sell", reduceOnly: true, ...change });
const leverage = (value: number, isolated = true): ExchangeMove => ({
  do: "leverage",
  asset: "hl/BTC:perp",
  leverage: decimal(value),
  isolated,
});
const margin = (amount: number): ExchangeMove => ({ do: "margin", asset: "hl/BTC:perp", usd: decimal(amount) });
const setTo = (value: number, isolated = true) => market("hl/BTC:perp", 0, { leverage: { value: decimal(value), isolated } });
/** A hedge: what is held in the spot market is sold short as a perpetual. */
const hedge = (short = -10, spot = 10) => [market("hl/HYPE:perp", short), market("hl/HYPE:spot", spot)];
const short = (size: number | string): Order => closing({ asset: "hl/HYPE:perp", side: "buy", size });
const sold = (size: number | string): Order => ({ asset: "hl/HYPE:spot", side: "sell", size });

/** One that is exactly at a limit, and the least step past it. */
type Boundary = readonly [
  name: string,
  limits: Partial<Limits>,
  effects: (past: boolean) => Effects,
  budgets: Partial<Budgets>,
  code: string,
];

const BOUNDARIES: readonly Boundary[] = [
  [
    "leverage that is set",
    { max_leverage: usd(2) },
    (past) => exchangeEffects({ moves: [leverage(past ? 3 : 2)] }),
    {},
    "LEVERAGE",
  ],
  [
    "leverage of the market that is opened in",
    { max_leverage: usd(2) },
    (past) => exchangeEffects({ moves: orders({}), markets: [setTo(past ? 3 : 2)] }),
    {},
    "LEVERAGE",
  ],
  [
    "leverage of the whole account with all that rests",
    { max_leverage: usd(2) },
    (past) => exchangeEffects({ moves: orders({}), before: { leverage: usd(1) }, after: { leverage: usd(past ? "2.0001" : 2) } }),
    {},
    "LEVERAGE",
  ],
  [
    "margin mode that is set",
    { margin_mode: "isolated" },
    (past) => exchangeEffects({ moves: [leverage(1, !past)] }),
    {},
    "MARGIN_MODE",
  ],
  [
    "margin mode of the market that is opened in",
    { margin_mode: "isolated" },
    (past) => exchangeEffects({ moves: orders({}), markets: [setTo(1, !past)] }),
    {},
    "MARGIN_MODE",
  ],
  [
    "margin at risk",
    { max_margin_at_risk_usd: usd(1000) },
    (past) => exchangeEffects({ moves: orders({}), after: { margin_at_risk_usd: usd(past ? "1000.000001" : 1000) } }),
    {},
    "MARGIN_AT_RISK",
  ],
  [
    "margin that is added",
    { max_margin_at_risk_usd: usd(1000) },
    (past) => exchangeEffects({ moves: [margin(10)], after: { margin_at_risk_usd: usd(past ? "1000.000001" : 1000) } }),
    {},
    "MARGIN_AT_RISK",
  ],
  [
    "open orders",
    { max_open_orders: usd(20) },
    (past) =>
      exchangeEffects({ moves: orders({ rests: true }), before: { open_orders: 19 }, after: { open_orders: past ? 21 : 20 } }),
    {},
    "OPEN_ORDERS",
  ],
  [
    "distance of the nearest liquidation",
    { min_liquidation_distance_pct: usd(10) },
    (past) =>
      exchangeEffects({ moves: orders({}), after: { liquidation_distances: { "hl/ETH:perp": usd(past ? "9.9999" : 10) } } }),
    {},
    "LIQUIDATION_DISTANCE",
  ],
  [
    "a long position with what rests",
    { max_position_size_usd: usd(3000) },
    (past) =>
      exchangeEffects({
        moves: orders({ size: past ? "10.00001" : 10 }),
        markets: [market("hl/BTC:perp", 15, { resting: { opening_buys: 5 } })],
      }),
    {},
    "POSITION_TOO_LARGE",
  ],
  [
    "a short position with what rests",
    { max_position_size_usd: usd(3000) },
    (past) =>
      exchangeEffects({
        moves: orders({ side: "sell", size: past ? "10.00001" : 10 }),
        markets: [market("hl/BTC:perp", -15, { resting: { opening_sells: 5 } })],
      }),
    {},
    "POSITION_TOO_LARGE",
  ],
  [
    "slippage of a sale",
    { max_slippage_bps: usd(50) },
    (past) => exchangeEffects({ moves: orders({ side: "sell", price: past ? "99.49" : "99.5" }) }),
    {},
    "SLIPPAGE",
  ],
  [
    "slippage of a purchase, of what it may cost",
    { max_slippage_bps: usd(50) },
    (past) => exchangeEffects({ moves: orders({ price: past ? "100.503" : "100.5025" }) }),
    {},
    "SLIPPAGE",
  ],
  [
    "slippage of one order beside a harmless one",
    { max_slippage_bps: usd(50) },
    (past) =>
      exchangeEffects({
        moves: orders({ side: "sell", price: 100, size: 50 }, { side: "sell", price: past ? "99.49" : "99.5" }),
      }),
    {},
    "SLIPPAGE",
  ],
  [
    "what a stop may lose beyond its trigger",
    { max_exit_cost_bps: usd(100) },
    (past) =>
      exchangeEffects({
        moves: orders(closing({ trigger: 80, price: past ? "79.19" : "79.2" })),
        markets: [market("hl/BTC:perp", 1)],
      }),
    {},
    "SLIPPAGE",
  ],
  [
    "a stop that could open",
    {},
    (past) =>
      exchangeEffects({
        moves: orders({ side: "sell", reduceOnly: !past, trigger: 80, price: 80 }),
        markets: [market("hl/BTC:perp", 1)],
      }),
    {},
    "STOP_OPENS",
  ],
  [
    "allowed markets",
    { allowed_markets: ["ETH:perp"] },
    (past) => exchangeEffects({ moves: orders({ asset: past ? "hl/BTC:perp" : "hl/ETH:perp" }) }),
    {},
    "MARKET_NOT_ALLOWED",
  ],
  [
    "the kept part of the request quota",
    {},
    (past) => exchangeEffects({ moves: orders({}), after: { quota_left: usd(past ? "0.1999" : "0.2") } }),
    {},
    "REQUEST_RESERVE",
  ],
  [
    "the operator's part of the request quota",
    { max_exit_cost_bps: usd(50) },
    (past) =>
      exchangeEffects({
        moves: orders(closing()),
        markets: [market("hl/BTC:perp", 1)],
        after: { quota_left: usd(past ? "0.0499" : "0.05") },
      }),
    {},
    "REQUEST_RESERVE",
  ],
  [
    "moves of one request, however safe",
    { max_actions_per_plan: "unlimited" },
    (past) => exchangeEffects({ moves: Array.from({ length: past ? 21 : 20 }, () => ({ do: "cancel", protective: false })) }),
    {},
    "ACTIONS_PER_PLAN",
  ],
  [
    "margin that is added to what is lost already",
    { max_margin_at_risk_usd: usd(1000) },
    (past) =>
      exchangeEffects({
        moves: [margin(past ? 200.01 : 200)],
        before: { margin_at_risk_usd: usd(50) },
        after: { margin_at_risk_usd: usd(250) },
      }),
    { margin_staked_usd: usd(800) },
    "MARGIN_AT_RISK",
  ],
  [
    "margin that a lower leverage draws in beside what is lost already",
    { max_margin_at_risk_usd: usd(1000) },
    (past) =>
      exchangeEffects({
        moves: [leverage(1)],
        before: { margin_at_risk_usd: usd(50) },
        after: { margin_at_risk_usd: usd(past ? "150.01" : 150) },
      }),
    { margin_staked_usd: usd(900) },
    "MARGIN_AT_RISK",
  ],
  [
    "the venue's fee",
    {},
    (past) => exchangeEffects({ moves: orders({}), fee_bps: { perp: usd(past ? "4.51" : "4.5"), spot: usd(0) } }),
    {},
    "FEE_TOO_HIGH",
  ],
  [
    "a closing order against its position",
    {},
    (past) => exchangeEffects({ moves: orders(closing({ size: past ? "1.00001" : 1 })), markets: [market("hl/BTC:perp", 1)] }),
    {},
    "REDUCE_ONLY_TOO_LARGE",
  ],
  [
    "a single trade, in notional",
    { max_single_trade_usd: usd(500) },
    (past) =>
      exchangeEffects({ moves: orders({ size: 3 }, { asset: "hl/ETH:perp", size: past ? "2.0001" : 2 }), markets: [setTo(50)] }),
    {},
    "TRADE_TOO_LARGE",
  ],
  [
    "a day's spending, resting orders and all",
    { max_daily_spend_usd: usd(2000) },
    (past) => exchangeEffects({ moves: orders({ size: past ? "1.00001" : 1, rests: true }) }),
    { spend_usd: usd(1900) },
    "DAILY_SPEND",
  ],
  [
    "a day's loss, fees and slippage",
    { max_daily_loss_usd: usd(2) },
    (past) =>
      exchangeEffects({
        moves: orders({ side: "sell", size: 10, price: past ? "99.94" : "99.95" }),
        fee_bps: { perp: usd(4), spot: usd(0) },
      }),
    { loss_usd: usd("1.1") },
    "DAILY_LOSS",
  ],
  [
    "actions of a plan: every order counts",
    { max_actions_per_plan: usd(3) },
    (past) => exchangeEffects({ moves: orders({}, {}, ...(past ? [{}, {}] : [{}])) }),
    {},
    "ACTIONS_PER_PLAN",
  ],
  [
    "a scheduled cancel",
    { allow_schedule_cancel: false },
    (past) => exchangeEffects({ moves: [{ do: "schedule-cancel", at: past ? NOW + HOUR : null }] }),
    {},
    "SCHEDULE_CANCEL",
  ],
  [
    "a closing lot of a perpetual's hedge while it is frozen",
    { max_unhedged_usd: usd(500), max_exit_cost_bps: usd(50) },
    (past) => exchangeEffects({ moves: orders(short(past ? "5.01" : 5)), markets: hedge() }),
    FROZEN,
    "FROZEN",
  ],
  [
    "a closing lot of a spot hedge while it is frozen",
    { max_unhedged_usd: usd(500), max_exit_cost_bps: usd(50) },
    (past) => exchangeEffects({ moves: orders(sold(past ? "5.01" : 5)), markets: hedge() }),
    FROZEN,
    "FROZEN",
  ],
  [
    "a closing lot beside what rests to close the same leg",
    { max_unhedged_usd: usd(500), max_exit_cost_bps: usd(50) },
    (past) =>
      exchangeEffects({
        moves: orders(short(past ? "3.01" : 3)),
        markets: [market("hl/HYPE:perp", -10, { resting: { closing_buys: 2 } }), market("hl/HYPE:spot", 10)],
      }),
    FROZEN,
    "FROZEN",
  ],
  [
    "a cancel while it is frozen: one that protects stays",
    {},
    (past) => exchangeEffects({ moves: [{ do: "cancel", protective: past }] }),
    FROZEN,
    "FROZEN",
  ],
  [
    "margin while it is frozen: it goes to what is held, ten dollars at least",
    {},
    (past) => exchangeEffects({ moves: [margin(past ? 9.99 : 10)], markets: [market("hl/BTC:perp", 1)] }),
    FROZEN,
    "FROZEN",
  ],
  [
    "a closing order's cost while it is frozen, fees counted",
    { max_exit_cost_bps: usd(50) },
    (past) =>
      exchangeEffects({
        moves: orders(closing({ price: past ? "99.53" : "99.54" })),
        markets: [market("hl/BTC:perp", 1)],
        fee_bps: { perp: usd(4), spot: usd(0) },
      }),
    FROZEN,
    "FROZEN",
  ],
];

test.each(BOUNDARIES)("%s is allowed at the boundary and refused past it", (_, limits, effects, budgets, code) => {
  expect(codes({ limits, effects: effects(false), budgets })).toEqual([]);
  const denied = verdictOf({ limits, effects: effects(true), budgets });
  expect(denied.kind === "deny" ? denied.violations.map((one) => one.code) : denied.kind).toEqual([code]);
});

test.each<[string, Partial<Limits>, Effects, Partial<Budgets>]>([
  [
    "a market that is not wanted any more",
    { allowed_markets: ["ETH:perp"] },
    exchangeEffects({ moves: orders(closing()), markets: [market("hl/BTC:perp", 1)] }),
    {},
  ],
  [
    "the kept part of the request quota",
    { max_exit_cost_bps: usd(50) },
    exchangeEffects({ moves: orders(closing()), markets: [market("hl/BTC:perp", 1)], after: { quota_left: usd("0.05") } }),
    {},
  ],
  [
    "a fee that rose",
    { max_exit_cost_bps: usd(50) },
    exchangeEffects({ moves: orders(closing()), markets: [market("hl/BTC:perp", 1)], fee_bps: { perp: usd(20), spot: usd(0) } }),
    {},
  ],
  [
    "a leverage that stands too high already",
    { max_leverage: usd(2), margin_mode: "isolated", max_exit_cost_bps: usd(50) },
    exchangeEffects({
      moves: orders(closing()),
      markets: [market("hl/BTC:perp", 1, { leverage: { value: usd(50), isolated: false } })],
      before: {
        leverage: usd(5),
        margin_at_risk_usd: usd(5000),
        liquidation_distances: { "hl/BTC:perp": usd(1) },
        open_orders: 90,
      },
      after: {
        leverage: usd(4),
        margin_at_risk_usd: usd(4000),
        liquidation_distances: { "hl/BTC:perp": usd(2) },
        open_orders: 90,
      },
    }),
    {},
  ],
  [
    "spent windows",
    { max_daily_spend_usd: usd(100), max_daily_loss_usd: usd(1), max_exit_cost_bps: usd(50) },
    exchangeEffects({ moves: orders(closing({ price: "99.7" })), markets: [market("hl/BTC:perp", 1)] }),
    { spend_usd: usd(100), loss_usd: usd(1) },
  ],
])("%s does not keep a position from being closed", (_, limits, effects, budgets) => {
  expect(codes({ limits, effects, budgets })).toEqual([]);
});

test("a position that comes nearer to its liquidation hides behind no other that was nearer before", () => {
  const effects = exchangeEffects({
    moves: orders({}),
    before: { liquidation_distance_pct: usd(3), liquidation_distances: { "hl/ETH:perp": usd(3), "hl/BTC:perp": usd(50) } },
    after: { liquidation_distance_pct: usd(3), liquidation_distances: { "hl/ETH:perp": usd(3), "hl/BTC:perp": usd(4) } },
  });
  expect(codes({ limits: { min_liquidation_distance_pct: usd(10) }, effects })).toEqual(["LIQUIDATION_DISTANCE"]);
});

test("exits that took nothing away count as requests like any other, and one that trades passes", () => {
  const exit = (idle_exits: number, left: string) =>
    codes({
      limits: { max_exit_cost_bps: usd(50) },
      effects: exchangeEffects({
        moves: orders(closing()),
        markets: [market("hl/BTC:perp", 1)],
        after: { quota_left: usd(left) },
        idle_exits,
      }),
    });
  expect(exit(20, "0.19")).toEqual(["REQUEST_RESERVE"]);
  expect(exit(20, "0.2")).toEqual([]);
  expect(exit(19, "0.05")).toEqual([]);
});

test("a quota that the venue does not tell keeps nobody from trading", () => {
  expect(codes({ effects: exchangeEffects({ moves: orders({}), after: { quota_left: null } }) })).toEqual([]);
});

test("what opens in a market whose leverage is not known is refused", () => {
  const effects = exchangeEffects({ moves: orders({}), markets: [market("hl/BTC:perp", 0, { leverage: null })] });
  expect(codes({ effects })).toEqual(["LEVERAGE"]);
});

test("an order in a market without a price is refused, and so is one whose price is too old", () => {
  const { "hl/BTC:perp": _, ...rest } = EXCHANGE_PRICES;
  const effects = exchangeEffects({ moves: orders({}) });
  expect(codes({ effects, prices: rest })).toContain("PRICE_UNKNOWN");
  const stale = { missing: "PRICE_STALE" as const, reason: "too old", last_usd: decimal(100) };
  expect(codes({ effects, prices: { ...rest, "hl/BTC:perp": stale } })).toContain("PRICE_STALE");
});

test("past a kill nothing passes but what the operator closes, and that opens nothing", () => {
  const budgets: Partial<Budgets> = { frozen: { code: "KILLED", reason: "enough" } };
  const limits = { max_exit_cost_bps: usd(50) };
  const close = exchangeEffects({ moves: orders(closing()), markets: [market("hl/BTC:perp", 1)] });
  expect(codes({ limits, budgets, effects: close })).toEqual(["KILLED"]);
  expect(codes({ limits, budgets, effects: close, operator: true })).toEqual([]);
  const open = exchangeEffects({ moves: orders({}) });
  expect(codes({ limits, budgets, effects: open, operator: true })).toContain("EXIT_ONLY");
  const stop = exchangeEffects({ moves: [{ do: "cancel", protective: true }] });
  expect(codes({ limits, budgets, effects: stop, operator: true })).toContain("EXIT_ONLY");
});

test("crumbs are no reduction for a model, and are one for a person", () => {
  const limits = { max_exit_cost_bps: usd(50) };
  const effects = exchangeEffects({ moves: orders(closing({ size: "0.05" })), markets: [market("hl/BTC:perp", 10)] });
  expect(codes({ limits, effects, budgets: FROZEN })).toEqual(["FROZEN"]);
  expect(codes({ limits, effects, budgets: FROZEN, operator: true })).toEqual([]);
});

test("a person's way home does not wait for a stop that rests on one leg of a hedge, and leaves bare no more than it could", () => {
  const limits = { max_unhedged_usd: usd(500), max_exit_cost_bps: usd(50) };
  const markets = [market("hl/HYPE:perp", -10, { resting: { closing_buys: 10 } }), market("hl/HYPE:spot", 10)];
  const effects = (size: number | string) => exchangeEffects({ moves: orders(sold(size)), markets });
  expect(codes({ limits, effects: effects(5), budgets: FROZEN })).toEqual(["FROZEN"]);
  expect(codes({ limits, effects: effects(5), budgets: FROZEN, operator: true })).toEqual([]);
  expect(codes({ limits, effects: effects("5.01"), budgets: FROZEN, operator: true })).toContain("EXIT_ONLY");
});

test("legs hedge each other by the coin that prices them, whatever their markets are called", () => {
  const limits = { max_unhedged_usd: usd(500), max_exit_cost_bps: usd(50) };
  const closes = (underlying: string) =>
    codes({
      limits,
      effects: exchangeEffects({
        moves: orders(sold("5.01")),
        markets: [market("hl/BTC:perp", -10), market("hl/HYPE:spot", 10, { underlying })],
      }),
      budgets: FROZEN,
    });
  expect(closes("BTC")).toEqual(["FROZEN"]);
  expect(closes("HYPE")).toEqual([]);
});

test("margin that is added passes freeze, breaker, cooldown, rates, spend, loss and drawdown, and none of it comes out of a frozen wallet", () => {
  const limits = {
    max_daily_spend_usd: usd(0),
    max_daily_loss_usd: usd(0),
    stop_loss_pct: usd(5),
    max_trades_per_hour: usd(1),
    cooldown_seconds: usd(300),
    max_consecutive_failures: usd(1),
  };
  const budgets = {
    ...FROZEN,
    consecutive_failures: 3,
    trades_last_hour: 9,
    last_trade_at: NOW,
    high_water_usd: usd("1000000000"),
    spend_usd: usd(5000),
  };
  const held = { markets: [market("hl/BTC:perp", 1)] };
  expect(codes({ limits, budgets, effects: exchangeEffects({ moves: [margin(100)], ...held }) })).toEqual([]);
  expect(codes({ limits, budgets, effects: exchangeEffects({ moves: [margin(-100)], ...held }) })).toContain("FROZEN");
  expect(codes({ limits, budgets, effects: exchangeEffects({ moves: [margin(100)] }) })).toContain("FROZEN");
});

test("a stop in a spot market is refused whatever it says of itself: no margin bounds what it sells for", () => {
  const stop = (asset: "hl/HYPE:spot" | "hl/HYPE:perp"): Order => ({
    asset,
    side: "sell",
    reduceOnly: true,
    price: 40,
    trigger: 40,
  });
  const markets = [market("hl/HYPE:perp", 10), market("hl/HYPE:spot", 10)];
  const limits = { max_exit_cost_bps: usd(100), max_slippage_bps: usd(50) };
  const asked = (asset: "hl/HYPE:spot" | "hl/HYPE:perp") =>
    codes({ limits, effects: exchangeEffects({ moves: orders(stop(asset)), markets }) });
  expect(asked("hl/HYPE:spot")).toContain("STOP_OPENS");
  expect(asked("hl/HYPE:perp")).toEqual([]);
});

test("margin is never the unit: the same order takes the same at every leverage", () => {
  const taken = [1, 10, 50].map((value) => {
    const { exchange } = exchangeEffects({ moves: orders({ size: 3, price: 101, rests: true }), markets: [setTo(value)] });
    if (!exchange) throw new TypeError("no effects at an exchange");
    return computeExchangeFacts(exchangeTerms().limits, exchange, EXCHANGE_PRICES).atWorst;
  });
  expect(taken[0]).toMatchObject({ class: "spend", spend_usd: decimal(303), buys_usd: decimal(303), loss_usd: decimal(3) });
  expect(taken[1]).toEqual(taken[0]);
  expect(taken[2]).toEqual(taken[0]);
});

test("whatever part of a reducing request fills, a hedge is bare by no more than max_unhedged_usd, or than it was", () => {
  const size = fc.integer({ min: 1, max: 20 });
  const rest = fc.integer({ min: 0, max: 10 });
  fc.assert(
    fc.property(
      fc.record({ perp: size, spot: size, most: fc.integer({ min: 0, max: 1500 }), resting: rest }),
      fc.array(fc.record({ leg: fc.constantFrom("perp", "spot"), size, filled: fc.boolean() }), { minLength: 1, maxLength: 4 }),
      ({ perp, spot, most, resting }, lots) => {
        const { exchange } = exchangeEffects({
          moves: orders(...lots.map((lot) => (lot.leg === "perp" ? short(lot.size) : sold(lot.size)))),
          markets: [market("hl/HYPE:perp", -perp, { resting: { closing_buys: resting } }), market("hl/HYPE:spot", spot)],
        });
        if (!exchange) throw new TypeError("no effects at an exchange");
        const limits = exchangeTerms({ max_unhedged_usd: usd(most), max_exit_cost_bps: usd(50) }).limits;
        const { atWorst } = computeExchangeFacts(limits, exchange, EXCHANGE_PRICES);
        fc.pre(atWorst.class === "reduce");
        const closes = (leg: string, held: number, also: number) =>
          Math.min(
            held,
            sum(lots.filter((lot) => lot.filled && lot.leg === leg && lot.size <= held).map((lot) => usd(lot.size))).toNumber() +
              also,
          );
        const net = [0, resting].map((also) => spot - closes("spot", spot, 0) - (perp - closes("perp", perp, also)));
        for (const coins of net) expect(Math.abs(coins) * 100).toBeLessThanOrEqual(Math.max(Math.abs(spot - perp) * 100, most));
      },
    ),
  );
});

test("a person's way home may cancel more orders at once than an agent's request may", () => {
  const effects = exchangeEffects({ moves: Array.from({ length: 30 }, () => ({ do: "cancel" as const, protective: false })) });
  const limits = { max_actions_per_plan: "unlimited" as const };
  expect(codes({ limits, effects })).toEqual(["ACTIONS_PER_PLAN"]);
  expect(codes({ limits, effects, operator: true })).toEqual([]);
});
