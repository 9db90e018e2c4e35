import { HOUR } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import type { Budgets } from "../../src/journal/fold-budgets.ts";
import type { Limits } from "../../src/mandate/terms.ts";
import { exchangeEffects, exchangeOrder, market } from "../../src/mandate/testing/exchange-judging.ts";
import { NOW } from "../../src/mandate/testing/judging.ts";
import type { Effects } from "../../src/protocols/effects.ts";
import type { ExchangeMove } from "../../src/protocols/exchange-effects.ts";
import { type Boundary, usd } from "./limit-boundaries.ts";

type Order = Parameters<typeof exchangeOrder>[0];

/** Exits may cost half a percent, so that there are any. Every boundary has it. */
export const EXCHANGE_LIMITS: Partial<Limits> = { max_exit_cost_bps: usd(50) };

const orders = (...some: readonly Order[]): readonly ExchangeMove[] =>
  some.map((order) => ({ do: "order", order: exchangeOrder(order) }));
const opening = (change: Order = {}, rest: Parameters<typeof exchangeEffects>[0] = {}): Effects =>
  exchangeEffects({ moves: orders(change), ...rest });
/** A sale of the one BTC perpetual that is held, at $100. */
const closing = (rest: Parameters<typeof exchangeEffects>[0] = {}): Effects =>
  exchangeEffects({
    moves: orders({ side: "sell", reduceOnly: true }),
    markets: [market("hl/BTC:perp", 1)],
    ...rest,
  });
const leverage = (value: number, isolated = true): Effects =>
  exchangeEffects({ moves: [{ do: "leverage", asset: "hl/BTC:perp", leverage: decimal(value), isolated }] });
const setTo = (value: number, isolated = true) => [market("hl/BTC:perp", 0, { leverage: { value: decimal(value), isolated } })];
/** What is held in the spot market is sold short as a perpetual; so much of the short leg is closed. */
const unhedging = (size: string): Effects =>
  exchangeEffects({
    moves: orders({ asset: "hl/HYPE:perp", side: "buy", reduceOnly: true, size }),
    markets: [market("hl/HYPE:perp", -10), market("hl/HYPE:spot", 10)],
  });
const FROZEN: Partial<Budgets> = { frozen: { code: "FROZEN_BY_OPERATOR", reason: "enough" } };

/** A budget that is used up to so much, and the order that takes $100 of it, or a thousandth of a dollar more. */
function window(limit: keyof Limits, used: keyof Budgets, code: Boundary["code"]): readonly Boundary[] {
  const budgets = { [used]: usd(1900) };
  return [
    {
      what: "notional that is taken with this request, resting or not",
      limits: { [limit]: usd(2000) },
      at: { effects: opening({ rests: true }), budgets },
      past: { effects: opening({ size: "1.00001", rests: true }), budgets },
      code,
      exit: { effects: closing(), budgets: { [used]: usd(99_000) } },
      binds: false,
    },
  ];
}

/** The boundaries of every limit of a mandate of an exchange that `judge` holds, by its name. */
export const EXCHANGE_BOUNDARIES: Partial<Readonly<Record<keyof Limits, readonly Boundary[]>>> = {
  allowed_hours: [
    {
      what: "the last instant of a time that is open",
      limits: { allowed_hours: ["mon 11:00-12:00"] },
      at: { effects: opening(), now: NOW - 1 },
      past: { effects: opening(), now: NOW },
      code: "OUTSIDE_HOURS",
      exit: { effects: closing(), now: NOW },
      binds: false,
    },
  ],
  max_single_trade_usd: [
    {
      what: "a cycle's purchases, in notional",
      limits: { max_single_trade_usd: usd(500) },
      at: { effects: opening(), budgets: { cycle_buys_usd: usd(400) } },
      past: { effects: opening({ size: "1.00001" }), budgets: { cycle_buys_usd: usd(400) } },
      code: "TRADE_TOO_LARGE",
      exit: { effects: closing(), budgets: { cycle_sells_usd: usd("400.001") } },
      binds: true,
    },
  ],
  max_hourly_spend_usd: window("max_hourly_spend_usd", "spend_hour_usd", "HOURLY_SPEND"),
  max_daily_spend_usd: window("max_daily_spend_usd", "spend_usd", "DAILY_SPEND"),
  max_weekly_spend_usd: window("max_weekly_spend_usd", "spend_week_usd", "WEEKLY_SPEND"),
  max_total_spend_usd: window("max_total_spend_usd", "spend_total_usd", "TOTAL_SPEND"),
  max_daily_loss_usd: [
    {
      what: "fees and what may fill worse than the pinned price",
      limits: { max_daily_loss_usd: usd(2) },
      at: {
        effects: opening({ side: "sell", size: 10, price: "99.95" }, { fee_bps: { perp: usd(4), spot: usd(0) } }),
        budgets: { loss_usd: usd("1.1") },
      },
      past: {
        effects: opening({ side: "sell", size: 10, price: "99.95" }, { fee_bps: { perp: usd(4), spot: usd(0) } }),
        budgets: { loss_usd: usd("1.100001") },
      },
      code: "DAILY_LOSS",
      exit: { effects: closing({ fee_bps: { perp: usd(4), spot: usd(0) } }), budgets: { loss_usd: usd(99_000) } },
      binds: false,
    },
  ],
  max_position_size_usd: [
    {
      what: "what is held and all that rests and is asked for",
      limits: { max_position_size_usd: usd(3000) },
      at: { effects: opening({ size: 10 }, { markets: [market("hl/BTC:perp", 15, { resting: { opening_buys: 5 } })] }) },
      past: {
        effects: opening({ size: "10.00001" }, { markets: [market("hl/BTC:perp", 15, { resting: { opening_buys: 5 } })] }),
      },
      code: "POSITION_TOO_LARGE",
      exit: { effects: closing(), limits: { max_position_size_usd: usd(1) } },
      binds: false,
    },
  ],
  max_slippage_bps: [
    {
      what: "a limit that is worse than the pinned price",
      limits: { max_slippage_bps: usd(50) },
      at: { effects: opening({ side: "sell", price: "99.5" }) },
      past: { effects: opening({ side: "sell", price: "99.499" }) },
      code: "SLIPPAGE",
      exit: { effects: closing(), limits: { max_slippage_bps: usd(0) } },
      binds: false,
    },
  ],
  max_exit_cost_bps: [
    {
      what: "fees and what may fill worse: beyond it, it is no exit, and a freeze holds it",
      limits: { max_exit_cost_bps: usd(50) },
      at: {
        effects: exchangeEffects({
          moves: orders({ side: "sell", reduceOnly: true, price: "99.54" }),
          markets: [market("hl/BTC:perp", 1)],
          fee_bps: { perp: usd(4), spot: usd(0) },
        }),
        budgets: FROZEN,
      },
      past: {
        effects: exchangeEffects({
          moves: orders({ side: "sell", reduceOnly: true, price: "99.539" }),
          markets: [market("hl/BTC:perp", 1)],
          fee_bps: { perp: usd(4), spot: usd(0) },
        }),
        budgets: FROZEN,
      },
      code: "FROZEN",
      exit: { effects: closing(), budgets: FROZEN },
      binds: false,
    },
  ],
  stop_loss_pct: [
    {
      what: "the fall of $10,000 from the high",
      limits: { stop_loss_pct: usd(20) },
      at: { effects: opening(), budgets: { high_water_usd: usd("12499.999999") } },
      past: { effects: opening(), budgets: { high_water_usd: usd(12_500) } },
      code: "DRAWDOWN",
      exit: { effects: closing(), budgets: { high_water_usd: usd(99_000) } },
      binds: false,
    },
  ],
  max_trades_per_hour: [
    {
      what: "cycles before this one",
      limits: { max_trades_per_hour: usd(3) },
      at: { effects: opening(), budgets: { trades_last_hour: 2 } },
      past: { effects: opening(), budgets: { trades_last_hour: 3 } },
      code: "TRADES_PER_HOUR",
      exit: { effects: closing(), budgets: { trades_last_hour: 99 } },
      binds: false,
    },
  ],
  cooldown_seconds: [
    {
      what: "the time since the last trade",
      limits: { cooldown_seconds: usd(60) },
      at: { effects: opening(), budgets: { last_trade_at: NOW - 60_000 } },
      past: { effects: opening(), budgets: { last_trade_at: NOW - 59_999 } },
      code: "COOLDOWN",
      exit: { effects: closing(), budgets: { last_trade_at: NOW } },
      binds: false,
    },
  ],
  max_consecutive_failures: [
    {
      what: "failures in a row",
      limits: { max_consecutive_failures: usd(3) },
      at: { effects: opening(), budgets: { consecutive_failures: 2 } },
      past: { effects: opening(), budgets: { consecutive_failures: 3 } },
      code: "BREAKER",
      exit: { effects: closing(), budgets: { consecutive_failures: 99 } },
      binds: false,
    },
  ],
  max_actions_per_plan: [
    {
      what: "orders of a cycle",
      limits: { max_actions_per_plan: usd(3) },
      at: { effects: exchangeEffects({ moves: orders({}, {}) }), budgets: { cycle_actions: 1 } },
      past: { effects: exchangeEffects({ moves: orders({}, {}) }), budgets: { cycle_actions: 2 } },
      code: "ACTIONS_PER_PLAN",
      exit: { effects: closing(), budgets: { cycle_actions: 99 } },
      binds: false,
    },
  ],
  require_human_approval_above_usd: [
    {
      what: "a cycle's purchases, in notional",
      limits: { require_human_approval_above_usd: usd(400) },
      at: { effects: opening(), budgets: { cycle_buys_usd: usd(300) } },
      past: { effects: opening(), budgets: { cycle_buys_usd: usd("300.000001") } },
      code: "NEEDS_APPROVAL",
      exit: { effects: closing(), budgets: { cycle_sells_usd: usd(99_000) } },
      binds: false,
      asks: true,
    },
  ],
  allowed_markets: [
    {
      what: "where something is opened is listed",
      limits: { allowed_markets: ["ETH:perp"] },
      at: { effects: opening({ asset: "hl/ETH:perp" }) },
      past: { effects: opening({ asset: "hl/BTC:perp" }) },
      code: "MARKET_NOT_ALLOWED",
      exit: { effects: closing() },
      binds: false,
    },
  ],
  max_leverage: [
    {
      what: "what a market is set to",
      limits: { max_leverage: usd(2) },
      at: { effects: leverage(2) },
      past: { effects: leverage(3) },
      code: "LEVERAGE",
      exit: { effects: closing({ markets: [market("hl/BTC:perp", 1, { leverage: { value: usd(50), isolated: true } })] }) },
      binds: false,
    },
    {
      what: "what the market that is opened in is set to",
      limits: { max_leverage: usd(2) },
      at: { effects: opening({}, { markets: setTo(2) }) },
      past: { effects: opening({}, { markets: setTo(3) }) },
      code: "LEVERAGE",
      exit: { effects: closing() },
      binds: false,
    },
    {
      what: "the account's, with all that rests",
      limits: { max_leverage: usd(2) },
      at: { effects: opening({}, { before: { leverage: usd(1) }, after: { leverage: usd(2) } }) },
      past: { effects: opening({}, { before: { leverage: usd(1) }, after: { leverage: usd("2.000001") } }) },
      code: "LEVERAGE",
      exit: { effects: closing({ before: { leverage: usd(9) }, after: { leverage: usd("9.1") } }) },
      binds: false,
    },
  ],
  margin_mode: [
    {
      what: "what a market is set to",
      limits: { margin_mode: "isolated" },
      at: { effects: leverage(1, true) },
      past: { effects: leverage(1, false) },
      code: "MARGIN_MODE",
      exit: { effects: closing({ markets: [market("hl/BTC:perp", 1, { leverage: { value: usd(1), isolated: false } })] }) },
      binds: false,
    },
    {
      what: "what the market that is opened in is set to",
      limits: { margin_mode: "isolated" },
      at: { effects: opening({}, { markets: setTo(1, true) }) },
      past: { effects: opening({}, { markets: setTo(1, false) }) },
      code: "MARGIN_MODE",
      exit: { effects: closing() },
      binds: false,
    },
  ],
  max_margin_at_risk_usd: [
    {
      what: "what liquidations can take with all that rests",
      limits: { max_margin_at_risk_usd: usd(1000) },
      at: { effects: opening({}, { after: { margin_at_risk_usd: usd(1000) } }) },
      past: { effects: opening({}, { after: { margin_at_risk_usd: usd("1000.000001") } }) },
      code: "MARGIN_AT_RISK",
      exit: { effects: closing({ before: { margin_at_risk_usd: usd(5000) }, after: { margin_at_risk_usd: usd(5001) } }) },
      binds: false,
    },
    {
      what: "margin that is added beside what was staked",
      limits: { max_margin_at_risk_usd: usd(1000) },
      at: {
        effects: exchangeEffects({
          moves: [{ do: "margin", asset: "hl/BTC:perp", usd: usd(200) }],
          markets: [market("hl/BTC:perp", 1)],
        }),
        budgets: { margin_staked_usd: usd(800) },
      },
      past: {
        effects: exchangeEffects({
          moves: [{ do: "margin", asset: "hl/BTC:perp", usd: usd(200) }],
          markets: [market("hl/BTC:perp", 1)],
        }),
        budgets: { margin_staked_usd: usd("800.000001") },
      },
      code: "MARGIN_AT_RISK",
      // To defend a position is to get safer, and this limit holds it all the same.
      exit: {
        effects: exchangeEffects({
          moves: [{ do: "margin", asset: "hl/BTC:perp", usd: usd(10) }],
          markets: [market("hl/BTC:perp", 1)],
        }),
        budgets: { margin_staked_usd: usd(1000) },
      },
      binds: true,
    },
  ],
  max_unhedged_usd: [
    {
      what: "what closing one leg leaves bare: beyond it, it is no exit, and a freeze holds it",
      limits: { max_unhedged_usd: usd(500) },
      at: { effects: unhedging("5"), budgets: FROZEN },
      past: { effects: unhedging("5.01"), budgets: FROZEN },
      code: "FROZEN",
      exit: { effects: closing(), budgets: FROZEN },
      binds: false,
    },
  ],
  max_open_orders: [
    {
      what: "orders that rest, stops among them",
      limits: { max_open_orders: usd(20) },
      at: { effects: opening({ rests: true }, { before: { open_orders: 19 }, after: { open_orders: 20 } }) },
      past: { effects: opening({ rests: true }, { before: { open_orders: 20 }, after: { open_orders: 21 } }) },
      code: "OPEN_ORDERS",
      // A closing order that fills at once rests nowhere.
      exit: { effects: closing({ before: { open_orders: 99 }, after: { open_orders: 99 } }) },
      binds: false,
    },
  ],
  min_liquidation_distance_pct: [
    {
      what: "how far marks can move",
      limits: { min_liquidation_distance_pct: usd(10) },
      at: { effects: opening({}, { after: { liquidation_distances: { "hl/ETH:perp": usd(10) } } }) },
      past: { effects: opening({}, { after: { liquidation_distances: { "hl/ETH:perp": usd("9.999999") } } }) },
      code: "LIQUIDATION_DISTANCE",
      exit: { effects: closing({ after: { liquidation_distances: { "hl/ETH:perp": usd(1) } } }) },
      binds: false,
    },
  ],
  allow_schedule_cancel: [
    {
      what: "what was scheduled may be taken back, and nothing scheduled",
      limits: { allow_schedule_cancel: false },
      at: { effects: exchangeEffects({ moves: [{ do: "schedule-cancel", at: null }] }) },
      past: { effects: exchangeEffects({ moves: [{ do: "schedule-cancel", at: NOW + HOUR }] }) },
      code: "SCHEDULE_CANCEL",
      exit: { effects: closing() },
      binds: false,
    },
  ],
};
