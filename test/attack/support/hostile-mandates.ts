import fc from "fast-check";
import { SHIPPED_LIMITS } from "../../support/shipped-limits.ts";
import { ODD_UNITS } from "./odd-token.ts";

/** The limits of one sequence, as a mandate's frontmatter has them. */
export interface HostileLimits {
  readonly require_human_approval_above_usd?: number;
  readonly max_trades_per_hour?: number;
  readonly allowed_tokens: readonly string[];
  readonly max_single_trade_usd: number;
  readonly max_hourly_spend_usd?: number;
  readonly max_daily_spend_usd: number;
  readonly max_weekly_spend_usd?: number;
  readonly max_total_spend_usd?: number;
  readonly max_daily_loss_usd: number;
  readonly max_position_size_usd: number;
  readonly max_slippage_bps: number;
  readonly max_exit_cost_bps: number;
  readonly stop_loss_pct: number;
  readonly max_consecutive_failures: number;
  readonly max_gas_usd_per_day: number;
  readonly exit_gas_usd_per_day: number;
}

export const WITH_NATIVE: HostileLimits = {
  allowed_tokens: ["WETH", "USDC", "GOV", "ETH"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  stop_loss_pct: 30,
  max_consecutive_failures: 3,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};

const drawn: fc.Arbitrary<HostileLimits> = fc
  .record({
    tokens: fc.constantFrom(["WETH", "USDC"], ["WETH", "USDC", "GOV"], ["WETH", "USDC", "GOV", "ETH"]),
    trade: fc.integer({ min: 50, max: 1000 }),
    days: fc.integer({ min: 1, max: 5 }),
    windows: fc.constantFrom("none", "hour", "week", "total"),
    loss: fc.integer({ min: 2, max: 80 }),
    position: fc.integer({ min: 1000, max: 8000 }),
    slippage: fc.integer({ min: 10, max: 200 }),
    more: fc.integer({ min: 0, max: 150 }),
    stop: fc.integer({ min: 2, max: 40 }),
    failures: fc.integer({ min: 1, max: 5 }),
    gas: fc.integer({ min: 2, max: 10 }),
    exitGas: fc.integer({ min: 2, max: 8 }),
  })
  .map(({ tokens, trade, days, windows, loss, position, slippage, more, stop, failures, gas, exitGas }) => ({
    allowed_tokens: tokens,
    max_single_trade_usd: trade,
    max_daily_spend_usd: trade * days,
    // Smaller than a day's, so that they are the ones that bind.
    ...(windows === "hour" ? { max_hourly_spend_usd: trade } : {}),
    ...(windows === "week" ? { max_weekly_spend_usd: trade * Math.max(1, days - 1) } : {}),
    ...(windows === "total" ? { max_total_spend_usd: trade * 2 } : {}),
    max_daily_loss_usd: loss,
    max_position_size_usd: position,
    max_slippage_bps: slippage,
    // Less than the fee of the dearest pool and some leaves no way out.
    max_exit_cost_bps: Math.max(60, slippage + more),
    stop_loss_pct: stop,
    max_consecutive_failures: failures,
    max_gas_usd_per_day: gas,
    exit_gas_usd_per_day: exitGas,
  }));

/** One sequence's mandate. */
export interface HostileMandate {
  readonly limits: HostileLimits;
  /** Whether its book has the position manager and the vault. */
  readonly full: boolean;
  /** Whether its book pins a token that turns against its holders. */
  readonly odd: boolean;
}

export const hostileMandate: fc.Arbitrary<HostileMandate> = fc
  .record({
    limits: fc.oneof(fc.constant<HostileLimits>(SHIPPED_LIMITS), fc.constant(WITH_NATIVE), drawn, drawn),
    full: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    odd: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    asks: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom(50, 150, 300) }),
  })
  .map(({ limits, full, odd, asks }) => ({
    full,
    odd,
    limits: {
      ...limits,
      ...(odd ? ODD_UNITS : {}),
      ...(full ? { max_trades_per_hour: 6 } : {}),
      allowed_tokens: [...limits.allowed_tokens, ...(full ? ["vUSDC"] : []), ...(odd ? ["ODD"] : [])],
      ...(asks === null ? {} : { require_human_approval_above_usd: asks }),
    },
  }));
