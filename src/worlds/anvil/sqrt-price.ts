import { Decimal } from "../../core/decimal.ts";

/**
 * Uniswap v3's sqrtPriceX96 for a price, towards zero: floor(sqrt(token1 base units per token0 base unit) · 2^96).
 *
 * @param price0 of one whole token0, in any currency
 * @param price1 of one whole token1, in the same currency
 */
export function sqrtPriceX96(price0: Decimal, decimals0: number, price1: Decimal, decimals1: number): bigint {
  const places = Math.max(price0.decimalPlaces(), price1.decimalPlaces());
  const unit = new Decimal(10).pow(places);
  const numerator = integer(price0.times(unit)) * 10n ** BigInt(decimals1);
  const denominator = integer(price1.times(unit)) * 10n ** BigInt(decimals0);
  return squareRoot((numerator << 192n) / denominator);
}

function integer(value: Decimal): bigint {
  return BigInt(value.toFixed(0));
}

/** Newton's method from above; exact floor. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
