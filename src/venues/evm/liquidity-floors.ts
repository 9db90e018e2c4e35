import { BPS, Decimal, decimal, fromUnits, ONE, roundDown, roundUp, sum, toUnits } from "../../core/decimal.ts";
import { amountsOf, leastLiquidity, liquidityFor, sqrtRatioAtTick } from "../../protocols/uniswap-v3/tick-math.ts";
import { IntentError } from "../venue.ts";
import type { SeenPool } from "./observation.ts";

/** A range of a pool, and USD for whole tokens as pinned. */
export interface Scene {
  readonly pool: SeenPool;
  readonly tickLower: number;
  readonly tickUpper: number;
  /** The square root of the pinned price, in units of 2^96. */
  readonly pinned: bigint;
  readonly usd0: Decimal;
  readonly usd1: Decimal;
}

/** What a supply gives at most, and what it must take up, in base units. */
export interface Amounts {
  readonly amount0Desired: bigint;
  readonly amount1Desired: bigint;
  readonly amount0Min: bigint;
  readonly amount1Min: bigint;
}

/** The part of the slippage that floors use: the gateway may read another price a block later. */
const USED = decimal("0.98");

/**
 * The most liquidity that `most0` and `most1` make, within `most_usd` in all, with minimums that guarantee it.
 *
 * A pool takes its tokens in the ratio of its own price, so the minimums follow that ratio; how low they stand follows
 * from the pinned price alone: the least liquidity that they guarantee is worth what is given, less the slippage.
 *
 * @throws {IntentError} where the pool stands outside the range, or so far off that no minimums guarantee that.
 */
export function supplyOf(
  scene: Scene,
  {
    most0,
    most1,
    most_usd,
    slippageBps,
  }: {
    /** In whole tokens. */
    readonly most0: Decimal;
    readonly most1: Decimal;
    readonly most_usd: Decimal | null;
    readonly slippageBps: Decimal;
  },
): Amounts {
  const { pool } = scene;
  const { lower, upper } = endsOf(scene);
  if (pool.ratio <= lower || pool.ratio >= upper) {
    throw new IntentError(
      "NO_RANGE",
      `${pool.label} stands at ${pool.mid.toSignificantDigits(8).toFixed()}, outside of the range`,
      "Liquidity goes in on both sides of the pool's price: choose a range around it.",
    );
  }
  const market = { price: pool.ratio, lower, upper };
  const most = [toUnits(most0, pool.token0.decimals), toUnits(most1, pool.token1.decimals)] as const;
  const wanted = liquidityFor(most[0], most[1], market);
  const worth = worthOf(scene, amountsOf(wanted, market));
  const within = most_usd === null || worth.lte(most_usd) ? wanted : part(wanted, most_usd.div(worth));
  const taken = amountsOf(within, market);
  // A pool rounds what it takes up by a base unit.
  const desired = [smaller(taken[0] + 1n, most[0]), smaller(taken[1] + 1n, most[1])] as const;
  if (taken[0] === 0n || taken[1] === 0n) {
    throw new IntentError(
      "AMOUNT_ZERO",
      `${most0.toFixed()} ${pool.token0.symbol} and ${most1.toFixed()} ${pool.token1.symbol} make no liquidity in this range`,
      "A range around the price needs both tokens: swap for the one that is missing first.",
    );
  }
  const keep = keepOf(slippageBps).times(worthOf(scene, desired));
  const held = worthOf(scene, amountsOf(within, { price: scene.pinned, lower, upper }));
  const share = held.isZero() ? decimal(2) : keep.div(held);
  const [amount0Min, amount1Min] = [scaled(taken[0], share), scaled(taken[1], share)];
  const guaranteed = leastLiquidity(amount0Min - 1n, amount1Min - 1n, { lower, upper });
  if (share.gte(ONE) || guaranteed === 0n) {
    throw new IntentError(
      "NO_FLOOR",
      `${pool.label} stands too far off the pinned price for a slippage of ${slippageBps.toFixed()} bps`,
      "Wait until the pool's price is nearer to the pinned one.",
    );
  }
  return { amount0Desired: desired[0], amount1Desired: desired[1], amount0Min, amount1Min };
}

/**
 * The minimums of taking liquidity out: what the pool gives at its own price, lowered until both together are worth what
 * the liquidity holds at the pinned price, less the slippage.
 */
export function closingFloors(
  scene: Scene,
  liquidity: bigint,
  slippageBps: Decimal,
): { readonly amount0Min: bigint; readonly amount1Min: bigint } {
  const { lower, upper } = endsOf(scene);
  const paid = amountsOf(liquidity, { price: scene.pool.ratio, lower, upper });
  const held = worthOf(scene, amountsOf(liquidity, { price: scene.pinned, lower, upper }));
  const worth = worthOf(scene, paid);
  const share = worth.isZero() ? ONE : Decimal.min(ONE, held.times(keepOf(slippageBps)).div(worth));
  return { amount0Min: scaled(paid[0], share), amount1Min: scaled(paid[1], share) };
}

function keepOf(slippageBps: Decimal): Decimal {
  return ONE.minus(slippageBps.times(USED).div(BPS));
}

function endsOf({ tickLower, tickUpper }: Scene): { readonly lower: bigint; readonly upper: bigint } {
  const [lower, upper] = [sqrtRatioAtTick(tickLower), sqrtRatioAtTick(tickUpper)];
  if (lower === undefined || upper === undefined) {
    throw new IntentError("NO_RANGE", `${tickLower} to ${tickUpper} is no range of ticks`, "Choose a narrower range.");
  }
  return { lower, upper };
}

function worthOf({ pool, usd0, usd1 }: Scene, [units0, units1]: readonly [bigint, bigint]): Decimal {
  return sum([fromUnits(units0, pool.token0.decimals).times(usd0), fromUnits(units1, pool.token1.decimals).times(usd1)]);
}

function part(units: bigint, share: Decimal): bigint {
  return BigInt(roundDown(decimal(units).times(share), 0).toFixed());
}

/** A minimum: rounded up. */
function scaled(units: bigint, share: Decimal): bigint {
  return BigInt(roundUp(decimal(units).times(share), 0).toFixed());
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
