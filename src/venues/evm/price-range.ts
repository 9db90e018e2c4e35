import { Decimal } from "../../core/decimal.ts";
import { HIGHEST_TICK, sqrtRatioAtTick, squareRoot } from "../../protocols/uniswap-v3/tick-math.ts";
import type { SeenPool } from "./observation.ts";

type Sides = Pick<SeenPool, "token0" | "token1" | "base">;

const TWO_192 = new Decimal(2n ** 192n);
/** Places that a pool's price is written with. */
const PLACES = 18;

/** A pool's price, as it is written, at a square root in units of 2^96. */
export function priceAtRatio({ token0, token1, base }: Sides, ratio: bigint): Decimal {
  const scale = new Decimal(10).pow(token0.decimals - token1.decimals);
  const price = new Decimal((ratio * ratio).toString()).div(TWO_192).times(scale);
  return (base === token0.symbol ? price : new Decimal(1).div(price)).toDecimalPlaces(PLACES);
}

/** The square root, in units of 2^96, at which a pool's price is the written one. Towards zero. */
export function ratioAtPrice({ token0, token1, base }: Sides, price: Decimal): bigint {
  const scale = new Decimal(10).pow(token1.decimals - token0.decimals);
  const each = base === token0.symbol ? price : new Decimal(1).div(price);
  return squareRoot(BigInt(each.times(scale).times(TWO_192).toFixed(0, Decimal.ROUND_DOWN)));
}

/** The ticks that a range of written prices ends at, outward to the next that the pool takes. Null: it is no range. */
export function tickRange(
  pool: Sides & Pick<SeenPool, "tickSpacing">,
  lower: Decimal,
  upper: Decimal,
): { readonly tickLower: number; readonly tickUpper: number } | null {
  const { tickSpacing: spacing } = pool;
  if (spacing === null || spacing < 1 || !lower.gt(0) || lower.gte(upper)) return null;
  const [one, other] = [ratioAtPrice(pool, lower), ratioAtPrice(pool, upper)];
  const [lowest, highest] = one < other ? [one, other] : [other, one];
  const most = Math.floor(HIGHEST_TICK / spacing) * spacing;
  const tickLower = Math.max(-most, Math.floor(tickAtRatio(lowest) / spacing) * spacing);
  const above = tickAtRatio(highest);
  const reached = sqrtRatioAtTick(above) === highest ? above : above + 1;
  const tickUpper = Math.min(most, Math.ceil(reached / spacing) * spacing);
  return tickLower < tickUpper ? { tickLower, tickUpper } : null;
}

/** The highest tick whose square root is not above `ratio`. */
function tickAtRatio(ratio: bigint): number {
  let [low, high] = [-HIGHEST_TICK, HIGHEST_TICK];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sqrtRatioAtTick(middle) ?? 0n) <= ratio) low = middle;
    else high = middle - 1;
  }
  return low;
}
