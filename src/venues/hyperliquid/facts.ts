import { isoTime } from "../../core/clock.ts";
import { type Decimal, sum } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { BookLevel } from "../../planning/plan.ts";
import type { HyperliquidObservation, SeenMarket } from "./observation.ts";

const HOURS_A_YEAR = 24 * 365;

/** What a decider is told of the venue beside the holdings. Sizes in coins, money in USD, shorts negative. */
export function hyperliquidFacts(seen: Omit<HyperliquidObservation, "facts">): { readonly [key: string]: Json } {
  const { stale, account_value_usd, withdrawable_usd, margin_used_usd, spot_usd } = seen;
  return {
    account: {
      as_of: isoTime(seen.at),
      stale: stale && `${stale.reason}: ${Math.round(stale.age / 1_000)} s old, nothing can be opened`,
      perp_value_usd: account_value_usd.toFixed(2),
      withdrawable_usd: withdrawable_usd.toFixed(2),
      margin_used_usd: margin_used_usd.toFixed(2),
      spot_usdc: spot_usd.total.toFixed(2),
    },
    markets: seen.markets.map(marketFacts),
    positions: seen.positions.map((position) => ({
      market: position.asset,
      size: position.size.toFixed(),
      entry_price: position.entry_usd?.toFixed() ?? null,
      unrealised_pnl_usd: position.unrealised_usd?.toFixed(2) ?? null,
      margin_usd: position.margin_usd.toFixed(2),
      leverage: position.leverage && `${position.leverage.value} ${position.leverage.mode}`,
      liquidation_price: position.liquidation_usd?.toFixed() ?? null,
      funding_paid_usd: position.funding_usd?.toFixed(2) ?? null,
    })),
    open_orders: seen.orders.map((order) => ({
      market: order.asset,
      order: order.id,
      side: order.side,
      size: order.size.toFixed(),
      price: order.price_usd.toFixed(),
      trigger: order.trigger_usd?.toFixed() ?? null,
      reduce_only: order.reduce_only,
    })),
  };
}

function marketFacts(market: SeenMarket): Json {
  const { asset, price_usd, mark_usd, mid_usd, funding_hour, open_interest_usd, book } = market;
  const within = (levels: readonly BookLevel[], side: 1 | -1) => {
    const edge = mid_usd?.times(100 + side).div(100);
    return edge && depth(levels.filter(({ price }) => (side === 1 ? price.lte(edge) : price.gte(edge))));
  };
  return {
    market: asset,
    oracle_price: price_usd?.toFixed() ?? null,
    mark_price: mark_usd?.toFixed() ?? null,
    mid_price: mid_usd?.toFixed() ?? null,
    best_bid: book?.bids[0]?.price.toFixed() ?? null,
    best_ask: book?.asks[0]?.price.toFixed() ?? null,
    bids_within_1_pct_usd: (book && within(book.bids, -1)?.toFixed(0)) ?? null,
    asks_within_1_pct_usd: (book && within(book.asks, 1)?.toFixed(0)) ?? null,
    funding_per_hour: funding_hour?.toFixed() ?? null,
    funding_pct_per_year: funding_hour?.times(HOURS_A_YEAR * 100).toFixed(2) ?? null,
    open_interest_usd: open_interest_usd?.toFixed(0) ?? null,
    day_volume_usd: market.day_volume_usd.toFixed(0),
    taker_fee_bps: market.fee_bps.toFixed(),
    max_leverage: market.max_leverage,
    ...(market.problem === null ? {} : { problem: market.problem.reason }),
  };
}

function depth(levels: readonly BookLevel[]): Decimal {
  return sum(levels.map(({ price, size }) => price.times(size)));
}
