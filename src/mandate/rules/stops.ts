import { isoTime, SECOND } from "../../core/clock.ts";
import { productIsAbove } from "../../core/compare-decimals.ts";
import { decimal, roundUp } from "../../core/decimal.ts";
import { KILLED } from "../../journal/stops.ts";
import { derivedLimits } from "../derived-limits.ts";
import { dollars } from "../dollars.ts";
import { isOpenAt, nextOpening } from "../hours.ts";
import { HOLDS, type Rule } from "./rule.ts";

const HUNDRED = decimal(100);

export const drawdown: Rule = ({ terms, budgets, value_usd, effects }) => {
  const limit = terms.limits.stop_loss_pct;
  const { keptOfHigh } = derivedLimits(terms.limits);
  const peak = budgets.high_water_usd;
  if (effects.before.length === 0 && !effects.exchange) return HOLDS;
  if (limit === "unlimited" || keptOfHigh === null || peak === null || peak.isZero()) return HOLDS;
  if (value_usd === null)
    return [
      { code: "DRAWDOWN", limit: "stop_loss_pct", message: "something that is held has no price, so the drawdown is unknown" },
    ];
  if (productIsAbove(value_usd, HUNDRED, peak, keptOfHigh)) return HOLDS;
  const value = roundUp(peak.minus(value_usd).times(HUNDRED).div(peak), 4).toFixed();
  const message = `the portfolio is ${value} % below its high of ${dollars(peak)}; at ${limit.toFixed()} % it may only reduce`;
  return [{ code: "DRAWDOWN", limit: "stop_loss_pct", value, allowed: limit.toFixed(), message }];
};

export const rate: Rule = ({ terms, budgets }) => {
  const limit = terms.limits.max_trades_per_hour;
  if (limit === "unlimited" || budgets.cycle_spent) return HOLDS;
  if (budgets.trades_last_hour < derivedLimits(terms.limits).tradesPerHour) return HOLDS;
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

export const cooldown: Rule = ({ terms, budgets, now }) => {
  const limit = terms.limits.cooldown_seconds;
  if (limit === "unlimited" || budgets.cycle_spent || budgets.last_trade_at === null) return HOLDS;
  const until = budgets.last_trade_at + derivedLimits(terms.limits).cooldown;
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

export const breaker: Rule = ({ terms, budgets }) => {
  const limit = terms.limits.max_consecutive_failures;
  if (limit === "unlimited" || budgets.consecutive_failures < derivedLimits(terms.limits).consecutiveFailures) return HOLDS;
  const message = `${budgets.consecutive_failures} failures in a row; at ${limit.toFixed()} it may only reduce`;
  return [
    {
      code: "BREAKER",
      limit: "max_consecutive_failures",
      value: String(budgets.consecutive_failures),
      allowed: limit.toFixed(),
      message,
    },
  ];
};

export const frozen: Rule = ({ budgets }) =>
  budgets.frozen === null
    ? HOLDS
    : [{ code: "FROZEN", message: `stopped (${budgets.frozen.code}): ${budgets.frozen.reason}; it may only reduce` }];

/** A kill holds for everybody but the operator, getting safer included. */
export const killed: Rule = ({ budgets, operator }) =>
  budgets.frozen?.code !== KILLED || operator
    ? HOLDS
    : [{ code: "KILLED", message: `killed by the operator: ${budgets.frozen.reason}; only the operator's flatten passes` }];

/** The operator's credential gets money home and is no second way to trade. */
export const wayHome: Rule = ({ operator, atWorst, terms }) => {
  const limit = terms.limits.max_exit_cost_bps;
  if (!operator || atWorst.class === "reduce") return HOLDS;
  const message = `flatten only reduces, at a cost of at most ${limit === "unlimited" ? "anything" : `${limit.toFixed()} bps`} of what it removes`;
  return [{ code: "EXIT_ONLY", limit: "max_exit_cost_bps", message }];
};

export const actions: Rule = ({ terms, budgets, effects }) => {
  const limit = terms.limits.max_actions_per_plan;
  const count = budgets.cycle_actions + (effects.exchange?.moves.length ?? effects.calls.length);
  const most = derivedLimits(terms.limits).actionsPerPlan;
  if (limit === "unlimited" || count <= most) return HOLDS;
  const allowed = String(Math.max(0, most - budgets.cycle_actions));
  const message = `${count} actions in this cycle; ${limit.toFixed()} is the most`;
  return [{ code: "ACTIONS_PER_PLAN", limit: "max_actions_per_plan", value: String(count), allowed, message }];
};

export const openHours: Rule = ({ terms, now }) => {
  const { allowed_hours: hours } = terms.limits;
  if (isOpenAt(hours, now)) return HOLDS;
  const until = nextOpening(hours, now);
  const when = until === null ? "it may never trade" : `it opens at ${isoTime(until)}`;
  const message = `${isoTime(now)} is outside allowed_hours (${hours.join(", ") || "none"}); ${when} and may only reduce until then`;
  return [{ code: "OUTSIDE_HOURS", limit: "allowed_hours", message, ...(until === null ? {} : { until }) }];
};
