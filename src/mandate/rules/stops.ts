import { isoTime, SECOND } from "../../core/clock.ts";
import { productIsAbove } from "../../core/compare-decimals.ts";
import { decimal, roundUp } from "../../core/decimal.ts";
import { KILLED } from "../../journal/stops.ts";
import { dollars } from "../dollars.ts";
import { ALWAYS, isOpenAt, nextOpening } from "../hours.ts";
import type { Violation } from "../verdict.ts";
import { HOLDS, type Rule } from "./rule.ts";

const HUNDRED = decimal(100);

const DRAWDOWN_UNKNOWN: Violation = {
  code: "DRAWDOWN",
  limit: "stop_loss_pct",
  message: "something that is held has no price, so the drawdown is unknown",
};

export const drawdown: Rule = ({ limits: { stop_loss_pct: limit } }) => {
  if (limit === "unlimited") return null;
  const keptOfHigh = HUNDRED.minus(limit);
  return ({ budgets, value_usd, effects }) => {
    const peak = budgets.high_water_usd;
    if (effects.before.length === 0 && !effects.exchange) return HOLDS;
    if (peak === null || peak.isZero()) return HOLDS;
    if (value_usd === null) return [DRAWDOWN_UNKNOWN];
    if (productIsAbove(value_usd, HUNDRED, peak, keptOfHigh)) return HOLDS;
    const value = roundUp(peak.minus(value_usd).times(HUNDRED).div(peak), 4).toFixed();
    const message = `the portfolio is ${value} % below its high of ${dollars(peak)}; at ${limit.toFixed()} % it may only reduce`;
    return [{ code: "DRAWDOWN", limit: "stop_loss_pct", value, allowed: limit.toFixed(), message }];
  };
};

// Limits that are numbers from here on count things or time, never money: as far as any of it can be counted they are exact.

export const rate: Rule = ({ limits: { max_trades_per_hour: limit } }) => {
  if (limit === "unlimited") return null;
  const most = limit.toNumber();
  return ({ budgets }) => {
    if (budgets.trades_last_hour < most || budgets.cycle_spent) return HOLDS;
    const until = budgets.refills.max_trades_per_hour;
    const message = `${budgets.trades_last_hour} cycles traded within the hour; ${limit.toFixed()} is the most`;
    return [
      {
        code: "TRADES_PER_HOUR",
        limit: "max_trades_per_hour",
        value: String(budgets.trades_last_hour + 1),
        allowed: "0",
        message,
        ...(until === undefined ? {} : { until }),
      },
    ];
  };
};

export const cooldown: Rule = ({ limits: { cooldown_seconds: limit } }) => {
  if (limit === "unlimited") return null;
  const length = limit.toNumber() * SECOND;
  return ({ budgets, now }) => {
    if (budgets.cycle_spent || budgets.last_trade_at === null) return HOLDS;
    const until = budgets.last_trade_at + length;
    if (now >= until) return HOLDS;
    const passed = Math.floor((now - budgets.last_trade_at) / SECOND);
    return [
      {
        code: "COOLDOWN",
        limit: "cooldown_seconds",
        value: String(passed),
        allowed: limit.toFixed(),
        message: `${passed} s since the last trade; ${limit.toFixed()} s must pass`,
        until,
      },
    ];
  };
};

export const breaker: Rule = ({ limits: { max_consecutive_failures: limit } }) => {
  if (limit === "unlimited") return null;
  const most = limit.toNumber();
  return ({ budgets: { consecutive_failures: failures } }) => {
    if (failures < most) return HOLDS;
    const message = `${failures} failures in a row; at ${limit.toFixed()} it may only reduce`;
    return [{ code: "BREAKER", limit: "max_consecutive_failures", value: String(failures), allowed: limit.toFixed(), message }];
  };
};

export const frozen: Rule =
  () =>
  ({ budgets }) =>
    budgets.frozen === null
      ? HOLDS
      : [{ code: "FROZEN", message: `stopped (${budgets.frozen.code}): ${budgets.frozen.reason}; it may only reduce` }];

/** A kill holds for everybody but the operator, getting safer included. */
export const killed: Rule =
  () =>
  ({ budgets, operator }) =>
    budgets.frozen?.code !== KILLED || operator
      ? HOLDS
      : [{ code: "KILLED", message: `killed by the operator: ${budgets.frozen.reason}; only the operator's flatten passes` }];

/** The operator's credential gets money home and is no second way to trade. */
export const wayHome: Rule =
  ({ limits: { max_exit_cost_bps: limit } }) =>
  ({ operator }) => {
    if (!operator) return HOLDS;
    const message = `flatten only reduces, at a cost of at most ${limit === "unlimited" ? "anything" : `${limit.toFixed()} bps`} of what it removes`;
    return [{ code: "EXIT_ONLY", limit: "max_exit_cost_bps", message }];
  };

export const actions: Rule = ({ limits: { max_actions_per_plan: limit } }) => {
  if (limit === "unlimited") return null;
  const most = limit.toNumber();
  return ({ budgets, effects }) => {
    const count = budgets.cycle_actions + (effects.exchange?.moves.length ?? effects.calls.length);
    if (count <= most) return HOLDS;
    const allowed = String(Math.max(0, most - budgets.cycle_actions));
    const message = `${count} actions in this cycle; ${limit.toFixed()} is the most`;
    return [{ code: "ACTIONS_PER_PLAN", limit: "max_actions_per_plan", value: String(count), allowed, message }];
  };
};

export const openHours: Rule = ({ limits: { allowed_hours: hours } }) => {
  if (hours.includes(ALWAYS)) return null;
  return ({ now }) => {
    if (isOpenAt(hours, now)) return HOLDS;
    const until = nextOpening(hours, now);
    const when = until === null ? "it may never trade" : `it opens at ${isoTime(until)}`;
    const message = `${isoTime(now)} is outside allowed_hours (${hours.join(", ") || "none"}); ${when} and may only reduce until then`;
    return [{ code: "OUTSIDE_HOURS", limit: "allowed_hours", message, ...(until === null ? {} : { until }) }];
  };
};
