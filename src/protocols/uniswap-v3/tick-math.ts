/** 2^96: square roots of prices are in units of it. */
export const Q96: bigint = 1n << 96n;

/** The farthest tick either way. */
export const HIGHEST_TICK = 887_272;

/** What each bit of a tick multiplies the square root by, in units of 2^128: Uniswap's own constants. */
const FACTORS: readonly bigint[] = [
  0xfffcb933bd6fad37aa2d162d1a594001n,
  0xfff97272373d413259a46990580e213an,
  0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n,
  0xffcb9843d60f6159c9db58835c926644n,
  0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n,
  0xfe5dee046a99a2a811c461f1969c3053n,
  0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n,
  0xf3392b0822b70005940c7a398e4b70f3n,
  0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n,
  0xa9f746462d870fdf8a65dc1f90e061e5n,
  0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n,
  0x9aa508b5b7a84e1c677de54f3e99bc9n,
  0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n,
  0x48a170391f7dc42444e8fa2n,
];

/** sqrt(1.0001^tick) · 2^96, to the last bit as Uniswap v3 computes it. Undefined: no such tick. */
export function sqrtRatioAtTick(tick: number): bigint | undefined {
  if (!Number.isInteger(tick) || Math.abs(tick) > HIGHEST_TICK) return undefined;
  let ratio = 1n << 128n;
  FACTORS.forEach((factor, bit) => {
    if ((Math.abs(tick) >> bit) & 1) ratio = (ratio * factor) >> 128n;
  });
  if (tick > 0) ratio = ((1n << 256n) - 1n) / ratio;
  return (ratio >> 32n) + (ratio % (1n << 32n) === 0n ? 0n : 1n);
}

/** What a range of liquidity holds at a price, in base units, towards zero. All square roots in units of 2^96. */
export function amountsOf(
  liquidity: bigint,
  { price, lower, upper }: { readonly price: bigint; readonly lower: bigint; readonly upper: bigint },
): readonly [token0: bigint, token1: bigint] {
  const at = price < lower ? lower : price > upper ? upper : price;
  return [((liquidity << 96n) * (upper - at)) / upper / at, (liquidity * (at - lower)) / Q96];
}

/**
 * The least liquidity that a range can have taken `least0` and `least1` for, whatever the price was then: at the price
 * where both are just met. Towards zero.
 */
export function leastLiquidity(
  least0: bigint,
  least1: bigint,
  { lower, upper }: { readonly lower: bigint; readonly upper: bigint },
): bigint {
  if (least0 <= 0n || least1 <= 0n || lower >= upper) return 0n;
  // least0 · p² + (least1 / upper − least0 · lower) · p − least1 = 0, p the square root of the price, in units of 2^96.
  const a = least0 * upper;
  const b = least1 * Q96 * Q96 - least0 * lower * upper;
  const c = least1 * Q96 * Q96 * upper;
  const price = (squareRoot(b * b + 4n * a * c) - b) / (2n * a);
  // The root is rounded: of the two sides the smaller one, at a price that is a unit off to its disadvantage.
  const from0 = price <= lower ? 0n : liquidityOf0(least0, price > lower + 1n ? price - 1n : lower, upper);
  const from1 = liquidityOf1(least1, lower, price + 1n);
  return from0 < from1 ? from0 : from1;
}

/** The liquidity that a pool makes of at most these amounts at a price, as the position manager computes it. */
export function liquidityFor(
  most0: bigint,
  most1: bigint,
  { price, lower, upper }: { readonly price: bigint; readonly lower: bigint; readonly upper: bigint },
): bigint {
  if (price <= lower) return liquidityOf0(most0, lower, upper);
  if (price >= upper) return liquidityOf1(most1, lower, upper);
  const [from0, from1] = [liquidityOf0(most0, price, upper), liquidityOf1(most1, lower, price)];
  if (from0 < from1) return from0;
  return from1;
}

function liquidityOf0(amount: bigint, price: bigint, upper: bigint): bigint {
  return price >= upper ? 0n : (amount * price * upper) / (Q96 * (upper - price));
}

function liquidityOf1(amount: bigint, lower: bigint, price: bigint): bigint {
  return price <= lower ? 0n : (amount * Q96) / (price - lower);
}

/** Newton's method from above: the floor of the square root. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
