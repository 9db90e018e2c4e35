import { Decimal, decimal, ONE, roundDown } from "../../core/decimal.ts";
import type { SeenPool } from "./observation.ts";

/** Math on liquidity needs no more digits than these; exactness lies with the chain. */
const Approximate = Decimal.clone({ precision: 50 });
const MILLION = decimal(1_000_000);

/**
 * What a pool gives for `amount` of `sell`, its fee taken, as if the liquidity in range reached as far as needed.
 * In whole tokens, rounded down to `decimals`. For choosing and forecasting: floors never come from it.
 */
export function poolOutput(pool: SeenPool, sell: string, amount: Decimal): Decimal {
  const { token0, token1, sqrtPrice, liquidity } = pool;
  if (liquidity.isZero()) return decimal(0);
  const [s, L] = [new Approximate(sqrtPrice), new Approximate(liquidity)];
  const zeroForOne = sell === token0.symbol;
  const [input, output] = zeroForOne ? [token0, token1] : [token1, token0];
  const given = new Approximate(amount).times(MILLION.minus(pool.fee)).div(MILLION).times(unit(input.decimals));
  const after = zeroForOne ? L.times(s).div(L.plus(given.times(s))) : s.plus(given.div(L));
  const got = zeroForOne ? L.times(s.minus(after)) : L.times(new Approximate(1).div(s).minus(new Approximate(1).div(after)));
  return roundDown(new Decimal(got.div(unit(output.decimals))), output.decimals);
}

/** Whole tokens of the pool's other side for one of `base`, without fee. 18 decimal places. */
export function poolMid({ token0, token1, sqrtPrice }: Pick<SeenPool, "token0" | "token1" | "sqrtPrice">, base: string): Decimal {
  const price = new Approximate(sqrtPrice).pow(2).times(unit(token0.decimals)).div(unit(token1.decimals));
  return new Decimal(base === token0.symbol ? price : new Approximate(1).div(price)).toDecimalPlaces(18);
}

/** How much must be given of each token to move the pool's price by 1 %, if the liquidity in range reaches so far. */
export function poolDepth({ token0, token1, sqrtPrice, liquidity }: Omit<SeenPool, "mid" | "depth_usd">): {
  token0: Decimal;
  token1: Decimal;
} {
  const [s, L] = [new Approximate(sqrtPrice), new Approximate(liquidity)];
  const [up, down] = [s.times(new Approximate("1.01").sqrt()), s.times(new Approximate("0.99").sqrt())];
  const zero = L.times(new Approximate(1).div(down).minus(new Approximate(1).div(s))).div(unit(token0.decimals));
  const one = L.times(up.minus(s)).div(unit(token1.decimals));
  return { token0: roundDown(new Decimal(zero), token0.decimals), token1: roundDown(new Decimal(one), token1.decimals) };
}

function unit(decimals: number): Decimal {
  return new Approximate(10).pow(decimals);
}

/** Share of what is given that a pool keeps, in basis points. */
export function feeBps(fee: number): Decimal {
  return decimal(fee).div(100);
}

/** 1 less the pool's fee. */
export function afterFee(fee: number): Decimal {
  return ONE.minus(decimal(fee).div(MILLION));
}
