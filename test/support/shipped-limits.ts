/** The limits of the mandate that the package ships, defaults filled in. The native coin is not among its tokens. */
export const SHIPPED_LIMITS = {
  allowed_tokens: ["WETH", "USDC"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 2000,
  max_daily_loss_usd: 60,
  max_position_size_usd: 6000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_trades_per_hour: 6,
  stop_loss_pct: 8,
  max_consecutive_failures: 3,
  max_actions_per_plan: 10,
  max_gas_usd_per_day: 5,
  exit_gas_usd_per_day: 2,
};
