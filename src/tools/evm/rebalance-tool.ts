import { z } from "zod";
import { decimal, fromUnits, min, ONE, ratio, ZERO } from "../../core/decimal.ts";
import { assetId, type Prices, priceIn } from "../../protocols/effects.ts";
import { amountsOf, sqrtRatioAtTick } from "../../protocols/uniswap-v3/tick-math.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation, SeenPool } from "../../venues/evm/observation.ts";
import { feeBps } from "../../venues/evm/pool-math.ts";
import { tickRange } from "../../venues/evm/price-range.ts";
import { previewIntent } from "../perform.ts";
import { amount, chain, figure } from "../schemas.ts";
import { defineTool } from "../tool.ts";
import { ToolError } from "../tool-error.ts";
import { positionNamed } from "./names.ts";
import { flowsUsd } from "./read-tools.ts";

const input = z.strictObject({
  position_id: z.string().min(1).max(120),
  range_pct: amount
    .optional()
    .describe("the new range, percent either side of the pinned price; left out: as wide as the old one"),
  daily_volume_usd: amount.describe("what the pool trades in a day: the caller's word, which is told as such"),
  horizon_days: z.int().min(1).max(90).default(7).describe("how long the new position is expected to stay in its range"),
  chain,
});

const output = z.strictObject({
  position: z.string(),
  in_range: z.boolean(),
  value_usd: figure,
  pool_share_pct: figure.describe("of the liquidity in range, once it is re-centred"),
  fees_per_day_usd: figure,
  gain_usd: figure.describe("over the horizon, against staying as it is"),
  cost_usd: figure,
  costs: z.strictObject({ gas_usd: figure, swap_usd: figure }),
  net_usd: figure,
  break_even_days: figure.nullable(),
  viable: z.boolean(),
  assumptions: z.array(z.string()),
});

/** Opening costs about as much gas as closing: both are a manager's call with two transfers. */
const OPENS_AS_CLOSES = 2;

/** Whether it pays to close a position and open it anew around the price. */
export const computeRebalanceCandidate = defineTool<typeof input, typeof output, EvmIntent, EvmObservation>({
  name: "compute_rebalance_candidate",
  title: "Does re-centring pay?",
  description:
    "What a liquidity position would earn re-centred around the pinned price, against what closing and opening costs in gas, pool fees and slippage. The share of the pool is read from the chain; the daily volume is the caller's.",
  category: "planning",
  input,
  output,
  async run(args, context) {
    const seen = await context.venue.observe();
    const position = positionNamed(seen, args.position_id, args.chain);
    const pool = seen.pools.find(({ chain: label, label: name }) => label === position.chain && name === position.pool);
    const value = flowsUsd(position.holds, seen.prices);
    if (!pool || !value || value.isZero())
      throw new ToolError("no_price", `position ${position.own.id} cannot be valued`, { remedy: "Ask again later." });
    const pinned = pinnedIn(pool, seen.prices);
    const half =
      args.range_pct?.div(100) ??
      min(decimal("0.99"), ratio(position.upper.minus(position.lower), position.upper.plus(position.lower)));
    const range = tickRange(pool, pinned.times(ONE.minus(half)), pinned.times(ONE.plus(half)));
    if (!range) throw new ToolError("validation_error", "that is no range of prices in the pool");
    const own = liquidityWorth(pool, range, value, seen.prices);
    const share = ratio(own, own.plus(pool.liquidity));
    const daily = args.daily_volume_usd.times(feeBps(pool.fee)).div(10_000);
    const stays = position.in_range ? ratio(decimal(position.own.liquidity), pool.liquidity) : ZERO;
    const perDay = daily.times(share);
    const gain = perDay.minus(daily.times(min(ONE, stays))).times(args.horizon_days);

    const close = await previewIntent({ kind: "lp_close", position: position.asset }, seen, context);
    const gasOnce = close.effects.gas.flatMap(({ asset, most }) => priceIn(seen.prices, asset)?.usd.times(most) ?? []);
    const [gasUsd] = gasOnce;
    if (!gasUsd)
      throw new ToolError("simulation_failed", "closing the position cannot be simulated now", { remedy: "Ask again later." });
    const gas = gasUsd.times(OPENS_AS_CLOSES);
    // Out of its range all of it is in one token, and half has to be traded; in it, what differs from half.
    const swapped = tradedShare(position.holds.map((flow) => flowsUsd([flow], seen.prices) ?? ZERO));
    const slippage = context.mandate.brief.plan.slippage_bps;
    const swap = value.times(swapped).times(feeBps(pool.fee).plus(slippage)).div(10_000);
    const cost = gas.plus(swap);
    const net = gain.minus(cost);
    const daysGain = gain.div(args.horizon_days);
    const viable = net.gt(0);
    return {
      data: {
        position: position.asset,
        in_range: position.in_range,
        value_usd: value.toFixed(2),
        pool_share_pct: share.times(100).toFixed(4),
        fees_per_day_usd: perDay.toFixed(4),
        gain_usd: gain.toFixed(4),
        cost_usd: cost.toFixed(4),
        costs: { gas_usd: gas.toFixed(4), swap_usd: swap.toFixed(4) },
        net_usd: net.toFixed(4),
        break_even_days: daysGain.gt(0) ? ratio(cost, daysGain).toFixed(2) : null,
        viable,
        assumptions: [
          `daily volume of ${args.daily_volume_usd.toFixed()} USD in the pool, as given`,
          `in range for ${args.horizon_days} days`,
          "slippage at the mandate's most, gas at the most that the bytes allow",
        ],
      },
      hints: viable ? [] : ["It does not pay: leave the position as it is."],
      explanation: `${viable ? "pays" : "does not pay"}: gain ${gain.toFixed(2)} USD, cost ${cost.toFixed(2)} USD over ${args.horizon_days} days`,
    };
  },
});

function pinnedIn(pool: SeenPool, prices: Prices) {
  const other = pool.base === pool.token0.symbol ? pool.token1.symbol : pool.token0.symbol;
  const [usd, each] = [priceIn(prices, assetId(pool.chain, pool.base))?.usd, priceIn(prices, assetId(pool.chain, other))?.usd];
  if (!usd || !each || each.isZero())
    throw new ToolError("no_price", `${pool.label} has no pinned price`, { remedy: "Ask again later." });
  return usd.div(each);
}

/** Liquidity that `value` in USD makes in a range, at the pool's price. */
function liquidityWorth(
  pool: SeenPool,
  { tickLower, tickUpper }: { readonly tickLower: number; readonly tickUpper: number },
  value: ReturnType<typeof decimal>,
  prices: Prices,
) {
  const [lower, upper] = [sqrtRatioAtTick(tickLower), sqrtRatioAtTick(tickUpper)];
  const [usd0, usd1] = [pool.token0, pool.token1].map(({ symbol }) => priceIn(prices, assetId(pool.chain, symbol))?.usd);
  if (lower === undefined || upper === undefined || !usd0 || !usd1)
    throw new ToolError("no_price", `${pool.label} has no pinned price`);
  const unit = 10n ** 24n;
  const [zero, one] = amountsOf(unit, { price: pool.ratio, lower, upper });
  const each = fromUnits(zero, pool.token0.decimals).times(usd0).plus(fromUnits(one, pool.token1.decimals).times(usd1));
  return each.isZero() ? ZERO : ratio(value.times(unit.toString()), each);
}

function tradedShare(sides: readonly ReturnType<typeof decimal>[]) {
  const total = sides.reduce((sum, side) => sum.plus(side), ZERO);
  const most = sides.reduce((best, side) => (side.gt(best) ? side : best), ZERO);
  return total.isZero() ? ZERO : ratio(most, total).minus("0.5");
}
