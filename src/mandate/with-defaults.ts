import { type Decimal, decimal, max } from "../core/decimal.ts";
import { DEFAULT_EXIT_COST_BPS, DEFAULTS, LIMIT_NAMES, NO_COOLDOWN, type WrittenLimits } from "./limits-schema.ts";
import type { Limit, Limits } from "./terms.ts";

export interface FilledLimits {
  readonly limits: Limits;
  /** Names of the limits whose defaults hold. */
  readonly defaulted: readonly (keyof Limits)[];
}

/**
 * Every limit, with the documented default where none is written.
 *
 * @param callable - labels of the network's contracts that can be called at all: the default of `allowed_contracts`.
 */
export function withDefaults(written: WrittenLimits, callable: readonly string[]): FilledLimits {
  const or = (value: Limit | undefined, name: keyof typeof DEFAULTS): Limit => {
    if (value !== undefined) return value;
    const text = DEFAULTS[name];
    return text === "unlimited" ? text : decimal(text);
  };
  const slippage = or(written.max_slippage_bps, "max_slippage_bps");
  const cooldown = or(written.cooldown_seconds, "cooldown_seconds");
  const limits: Limits = {
    allowed_tokens: written.allowed_tokens,
    allowed_contracts: written.allowed_contracts ?? callable,
    allowed_recipients: written.allowed_recipients ?? [],
    allow_unfloored: written.allow_unfloored ?? [],
    max_single_trade_usd: written.max_single_trade_usd,
    max_daily_spend_usd: written.max_daily_spend_usd,
    max_daily_loss_usd: written.max_daily_loss_usd,
    max_position_size_usd: written.max_position_size_usd,
    max_single_trade: written.max_single_trade ?? {},
    max_daily_spend: written.max_daily_spend ?? {},
    max_position_size: written.max_position_size ?? {},
    max_slippage_bps: slippage,
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
    max_deadline_seconds: written.max_deadline_seconds ?? decimal(DEFAULTS.max_deadline_seconds),
  };
  return { limits, defaulted: LIMIT_NAMES.filter((name) => written[name] === undefined) };
}

function defaultExitCost(slippage: Limit): Limit {
  const floor: Decimal = decimal(DEFAULT_EXIT_COST_BPS);
  return slippage === "unlimited" ? slippage : max(floor, slippage);
}
