import { decimal, ONE, ZERO } from "../../core/decimal.ts";
import type { OrderLine, OrderRules } from "../plan.ts";

/** A line "hl/BTC:perp" of the account "trader" at 5 bps of fee and leverage 1, its margin as that leverage asks. */
export function orderLine(market: string, amount: string, price: string, more: Partial<OrderLine> = {}): OrderLine {
  return {
    account: "trader",
    asset: `hl/${market}`,
    amount: decimal(amount),
    decimals: 4,
    price_usd: decimal(price),
    beside_usd: ZERO,
    trade: "both",
    market: null,
    fee_bps: decimal("4.5"),
    class: market.endsWith(":spot") ? "spot" : "perp",
    leverage: ONE,
    margin_usd: decimal(amount).abs().times(price),
    top_up_usd: ZERO,
    book: null,
    ...more,
  };
}

/** 5 points, 10 USD, 0.5 %, no caps, 10,000 USD of value and free money in perpetuals. */
export const orderRules: OrderRules = {
  numeraire: { account: "trader", asset: "hl/USDC" },
  threshold_points: decimal(5),
  min_trade_usd: decimal(10),
  slippage_bps: decimal(50),
  reserve_usd: ZERO,
  gas_usd: ZERO,
  caps: { sells: [], buys: [], max_position_usd: "unlimited" },
  value_usd: decimal(10_000),
  purses: { perp: decimal(10_000), spot: ZERO },
  transfers: false,
  most_gross: ONE,
  least_order_usd: decimal(10),
  closes_below_least: true,
};
