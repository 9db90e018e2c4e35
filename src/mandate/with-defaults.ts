import type { z } from "zod";
import { type Decimal, decimal, max, ZERO } from "../core/decimal.ts";
import { ALWAYS } from "./hours.ts";
import {
  DEFAULT_EXIT_COST_BPS,
  DEFAULTS,
  type fleetSchema,
  LIMIT_NAMES,
  NO_COOLDOWN,
  type WrittenLimits,
} from "./limits-schema.ts";
import type { FleetTerms, Limit, Limits } from "./terms.ts";

export interface FilledLimits {
  readonly limits: Limits;
  /** Names of the limits whose defaults hold. */
  readonly defaulted: readonly (keyof Limits)[];
}

/**
 * Every limit, with the documented default where none is written.
 *
 * @param callable - labels of the network's contracts that can be called at all: the default of `allowed_contracts`.
 * @param markets - labels of the network's markets: the default of `allowed_markets`.
 */
export function withDefaults(written: WrittenLimits, callable: readonly string[], markets: readonly string[] = []): FilledLimits {
  const or = (value: Limit | undefined, name: keyof typeof DEFAULTS): Limit => {
    if (value !== undefined) return value;
    const text = DEFAULTS[name];
    return text === "unlimited" ? text : decimal(text);
  };
  const slippage = or(written.max_slippage_bps, "max_slippage_bps");
  const cooldown = or(written.cooldown_seconds, "cooldown_seconds");
  const limits: Limits = {
    allowed_tokens: written.allowed_tokens ?? [],
    allowed_contracts: written.allowed_contracts ?? callable,
    allowed_recipients: written.allowed_recipients ?? [],
    allow_unfloored: written.allow_unfloored ?? [],
    allowed_protocols: written.allowed_protocols ?? "all",
    allowed_signatures: written.allowed_signatures ?? [],
    allowed_calls: written.allowed_calls ?? {},
    allowed_hours: written.allowed_hours ?? [ALWAYS],
    max_single_trade_usd: written.max_single_trade_usd,
    max_hourly_spend_usd: or(written.max_hourly_spend_usd, "max_hourly_spend_usd"),
    max_daily_spend_usd: written.max_daily_spend_usd,
    max_weekly_spend_usd: or(written.max_weekly_spend_usd, "max_weekly_spend_usd"),
    max_total_spend_usd: or(written.max_total_spend_usd, "max_total_spend_usd"),
    min_cash_usd: written.min_cash_usd ?? decimal(DEFAULTS.min_cash_usd),
    max_daily_loss_usd: written.max_daily_loss_usd,
    max_position_size_usd: written.max_position_size_usd,
    max_single_trade: written.max_single_trade ?? {},
    max_daily_spend: written.max_daily_spend ?? {},
    max_position_size: written.max_position_size ?? {},
    max_slippage_bps: slippage,
    max_price_impact_bps: or(written.max_price_impact_bps, "max_price_impact_bps"),
    max_exit_cost_bps: written.max_exit_cost_bps ?? defaultExitCost(slippage),
    stop_loss_pct: or(written.stop_loss_pct, "stop_loss_pct"),
    max_trades_per_hour: or(written.max_trades_per_hour, "max_trades_per_hour"),
    cooldown_seconds: cooldown === "unlimited" ? NO_COOLDOWN : cooldown,
    max_consecutive_failures: or(written.max_consecutive_failures, "max_consecutive_failures"),
    max_actions_per_plan: or(written.max_actions_per_plan, "max_actions_per_plan"),
    max_gas_usd_per_day: or(written.max_gas_usd_per_day, "max_gas_usd_per_day"),
    exit_gas_usd_per_day: or(written.exit_gas_usd_per_day, "exit_gas_usd_per_day"),
    max_llm_usd_per_day: or(written.max_llm_usd_per_day, "max_llm_usd_per_day"),
    require_human_approval_above_usd: or(written.require_human_approval_above_usd, "require_human_approval_above_usd"),
    require_human_approval_for: written.require_human_approval_for ?? [],
    require_human_approval_for_new_addresses:
      (written.require_human_approval_for_new_addresses ?? DEFAULTS.require_human_approval_for_new_addresses) === "yes",
    max_deadline_seconds: written.max_deadline_seconds ?? decimal(DEFAULTS.max_deadline_seconds),
    two_rpcs_above_usd: or(written.two_rpcs_above_usd, "two_rpcs_above_usd"),
    allowed_tools: written.allowed_tools ?? "all",
    max_tool_calls_per_minute: or(written.max_tool_calls_per_minute, "max_tool_calls_per_minute"),
    allowed_deciders: written.allowed_deciders ?? "all",
    allowed_markets: written.allowed_markets ?? markets,
    max_leverage: or(written.max_leverage, "max_leverage"),
    margin_mode: written.margin_mode ?? DEFAULTS.margin_mode,
    // An exchange's mandate has to write it; on chains nothing is held on margin.
    max_margin_at_risk_usd: written.max_margin_at_risk_usd ?? ZERO,
    max_unhedged_usd: written.max_unhedged_usd ?? written.max_single_trade_usd,
    max_open_orders: or(written.max_open_orders, "max_open_orders"),
    min_liquidation_distance_pct: or(written.min_liquidation_distance_pct, "min_liquidation_distance_pct"),
    order_expiry_seconds: written.order_expiry_seconds ?? decimal(DEFAULTS.order_expiry_seconds),
    allow_schedule_cancel: (written.allow_schedule_cancel ?? DEFAULTS.allow_schedule_cancel) === "yes",
  };
  return { limits, defaulted: LIMIT_NAMES.filter((name) => written[name] === undefined) };
}

/** The shared budget, with no limit where none is written. */
export function fleetWithDefaults(written: z.output<typeof fleetSchema>): FleetTerms {
  return {
    id: written.id,
    max_hourly_spend_usd: written.max_hourly_spend_usd ?? "unlimited",
    max_daily_spend_usd: written.max_daily_spend_usd,
    max_weekly_spend_usd: written.max_weekly_spend_usd ?? "unlimited",
    max_total_spend_usd: written.max_total_spend_usd ?? "unlimited",
    max_daily_loss_usd: written.max_daily_loss_usd,
  };
}

function defaultExitCost(slippage: Limit): Limit {
  const floor: Decimal = decimal(DEFAULT_EXIT_COST_BPS);
  return slippage === "unlimited" ? slippage : max(floor, slippage);
}
