import { z } from "zod";
import { ZERO } from "../core/decimal.ts";
import { callRules } from "./call-rules-schema.ts";
import { functionName } from "./function-name-schema.ts";
import { hours } from "./hours.ts";
import { address, amount, kebab, limit, line, marketLabel, oneOf, strict, symbol } from "./scalars.ts";
import { signatures } from "./signatures-schema.ts";
import type { Limits } from "./terms.ts";

const usd = (example: string) => limit(`an amount in USD, for example ${example}`);
const bps = (example: string) => limit(`basis points, for example ${example}`, { max: "10000" });
const count = (example: string, min = "0") => limit(`a whole number, for example ${example}`, { whole: true, min });
const units = z.record(symbol, amount("an amount in whole tokens, for example 5"), {
  error: "amounts in units of tokens, for example { MON: 5 }",
});
const names = (what: string) => z.union([z.literal("all"), z.array(line)], { error: `a list of ${what}, or all` });
const listOf = <T extends z.core.SomeType>(what: string, item: T) => z.array(item, { error: `a list of ${what}` });

/** `limits` as users write it. What is optional here has its default in {@link withDefaults}. */
export const limitsSchema = strict("a map of limits", {
  allowed_tokens: listOf("token symbols, for example [WETH, USDC]", symbol).optional(),
  allowed_contracts: listOf("labels of contracts, for example [router]", kebab).optional(),
  allowed_recipients: listOf("addresses", address).optional(),
  allow_unfloored: listOf("labels of vaults, for example [vUSDC]", symbol).optional(),
  allowed_protocols: names("kinds of contracts, for example [uniswap-v3-router02]").optional(),
  allowed_signatures: listOf("messages, for example [PermitTransferFrom]", signatures).optional(),
  allowed_calls: callRules.optional(),
  allowed_hours: listOf("times in UTC, for example [mon-fri 08:00-20:00]", hours).optional(),
  max_single_trade_usd: usd("500"),
  max_hourly_spend_usd: usd("500").optional(),
  max_daily_spend_usd: usd("2000"),
  max_weekly_spend_usd: usd("5000").optional(),
  max_total_spend_usd: usd("20000").optional(),
  min_cash_usd: amount("an amount in USD, for example 100").optional(),
  max_daily_loss_usd: usd("60"),
  max_position_size_usd: usd("6000"),
  max_single_trade: units.optional(),
  max_daily_spend: units.optional(),
  max_position_size: units.optional(),
  max_slippage_bps: bps("50").optional(),
  max_price_impact_bps: bps("100").optional(),
  max_exit_cost_bps: bps("100").optional(),
  stop_loss_pct: limit("a percentage, for example 8", { min: "0", max: "100" }).optional(),
  max_trades_per_hour: count("10").optional(),
  cooldown_seconds: count("300").optional(),
  max_consecutive_failures: count("3", "1").optional(),
  max_actions_per_plan: count("10", "1").optional(),
  max_gas_usd_per_day: usd("5").optional(),
  exit_gas_usd_per_day: usd("2").optional(),
  max_llm_usd_per_day: usd("1.00").optional(),
  require_human_approval_above_usd: usd("400").optional(),
  require_human_approval_for: listOf("functions, for example [router.exactInputSingle]", functionName).optional(),
  require_human_approval_for_new_addresses: oneOf(["yes", "no"]).optional(),
  max_deadline_seconds: amount("seconds, from 1 to 300", { whole: true, min: "1", max: "300" }).optional(),
  two_rpcs_above_usd: usd("10000").optional(),
  allowed_tools: names("tools, for example [quote]").optional(),
  max_tool_calls_per_minute: count("30").optional(),
  allowed_deciders: names("deciders, for example [structured]").optional(),
  allowed_markets: listOf("labels of markets, for example [BTC:perp]", marketLabel).optional(),
  max_leverage: limit("a multiple, for example 2", { min: "1", max: "100" }).optional(),
  margin_mode: oneOf(["isolated", "cross"]).optional(),
  max_margin_at_risk_usd: usd("1000").optional(),
  max_unhedged_usd: usd("500").optional(),
  max_open_orders: count("20").optional(),
  min_liquidation_distance_pct: limit("a percentage, for example 10", { min: "0", max: "100" }).optional(),
  order_expiry_seconds: amount("seconds, from 1 to 86400", { whole: true, min: "1", max: "86400" }).optional(),
  allow_schedule_cancel: oneOf(["yes", "no"]).optional(),
});

/** `fleet` as users write it: a budget that the wallets of one journal share. */
export const fleetSchema = strict("{ id, max_daily_spend_usd, max_daily_loss_usd }", {
  id: kebab,
  max_hourly_spend_usd: usd("1000").optional(),
  max_daily_spend_usd: usd("5000"),
  max_weekly_spend_usd: usd("20000").optional(),
  max_total_spend_usd: usd("100000").optional(),
  max_daily_loss_usd: usd("150"),
});

export type WrittenLimits = z.output<typeof limitsSchema>;

/** The name of every limit, in the order of the documents. */
export const LIMIT_NAMES = Object.keys(limitsSchema.shape) as readonly (keyof Limits)[];

/** Limits that only an exchange has: a mandate of chains may not name them. */
export const EXCHANGE_LIMITS = [
  "allowed_markets",
  "max_leverage",
  "margin_mode",
  "max_margin_at_risk_usd",
  "max_unhedged_usd",
  "max_open_orders",
  "min_liquidation_distance_pct",
  "order_expiry_seconds",
  "allow_schedule_cancel",
] as const satisfies readonly (keyof Limits)[];

/** Limits that only chains have: a mandate of an exchange may not name them. */
export const CHAIN_LIMITS = [
  "allowed_tokens",
  "allowed_contracts",
  "allowed_recipients",
  "allow_unfloored",
  "allowed_protocols",
  "allowed_signatures",
  "allowed_calls",
  "require_human_approval_for",
  "require_human_approval_for_new_addresses",
  "min_cash_usd",
  "max_single_trade",
  "max_daily_spend",
  "max_position_size",
  "max_price_impact_bps",
  "max_gas_usd_per_day",
  "exit_gas_usd_per_day",
  "max_deadline_seconds",
  "two_rpcs_above_usd",
] as const satisfies readonly (keyof Limits)[];

/** Limits that must be numbers where a real key signs: each is a term of the worst case. */
export const FINITE_LIMITS = [
  "max_single_trade_usd",
  "max_daily_spend_usd",
  "max_daily_loss_usd",
  "max_position_size_usd",
  "max_slippage_bps",
  "max_exit_cost_bps",
  "stop_loss_pct",
  "max_gas_usd_per_day",
  "exit_gas_usd_per_day",
  "max_leverage",
  "max_margin_at_risk_usd",
  "max_open_orders",
] as const satisfies readonly (keyof Limits)[];

/** Defaults that stand for themselves, as users would write them. The other defaults depend on the rest. */
export const DEFAULTS = {
  max_hourly_spend_usd: "unlimited",
  max_weekly_spend_usd: "unlimited",
  max_total_spend_usd: "unlimited",
  min_cash_usd: "0",
  max_price_impact_bps: "unlimited",
  max_slippage_bps: "50",
  stop_loss_pct: "5",
  max_trades_per_hour: "10",
  cooldown_seconds: "300",
  max_consecutive_failures: "3",
  max_actions_per_plan: "10",
  max_gas_usd_per_day: "5",
  exit_gas_usd_per_day: "2",
  max_llm_usd_per_day: "1",
  require_human_approval_above_usd: "unlimited",
  require_human_approval_for_new_addresses: "no",
  max_deadline_seconds: "300",
  two_rpcs_above_usd: "10000",
  max_tool_calls_per_minute: "unlimited",
  max_leverage: "2",
  margin_mode: "isolated",
  max_open_orders: "20",
  min_liquidation_distance_pct: "10",
  order_expiry_seconds: "3600",
  allow_schedule_cancel: "no",
} as const satisfies Partial<Record<keyof Limits, string>>;

/** Exits may cost 1 %, or what any trade may where that is more. */
export const DEFAULT_EXIT_COST_BPS = "100";

/** Seconds without a limit are none at all. */
export const NO_COOLDOWN = ZERO;
