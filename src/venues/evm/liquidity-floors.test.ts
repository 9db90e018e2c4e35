import fc from "fast-check";
import { expect, test } from "vitest";
import { BPS, type Decimal, decimal, fromUnits, sum } from "../../core/decimal.ts";
import { contents, type Market, pinnedRatio } from "../../protocols/uniswap-v3/position.ts";
import { amountsOf, leastLiquidity, sqrtRatioAtTick } from "../../protocols/uniswap-v3/tick-math.ts";
import { closingFloors, type Scene, supplyOf } from "./liquidity-floors.ts";
import type { SeenPool } from "./observation.ts";
import { priceAtRatio, ratioAtPrice, tickRange } from "./price-range.ts";

const USDC = { symbol: "USDC", address: `0x${"1".repeat(40)}`, decimals: 6 } as const;
const WETH = { symbol: "WETH", address: `0x${"2".repeat(40)}`, decimals: 18 } as const;
const market: Market = {
  pool: "WETH-USDC",
  token0: { id: "base/USDC", decimals: 6 },
  token1: { id: "base/WETH", decimals: 18 },
};
const prices = (usd: Decimal) => ({
  "base/USDC": { usd: decimal(1), error_bps: decimal(0), at: 0 },
  "base/WETH": { usd, error_bps: decimal(0), at: 0 },
});

/** A pool of USDC and WETH whose price is written in USDC. */
function poolAt(price: Decimal): SeenPool {
  const sides = { token0: USDC, token1: WETH, base: "WETH" };
  const ratio = ratioAtPrice(sides, price);
  const rest = { chain: "base", label: "WETH-USDC", address: USDC.address, fee: 500, depth_usd: null };
  return { ...sides, ...rest, ratio, tickSpacing: 10, sqrtPrice: decimal(0), liquidity: decimal(1), mid: price };
}

function sceneOf(pinned: Decimal, pool: Decimal, pct: Decimal): Scene {
  const at = poolAt(pool);
  const range = tickRange(at, pinned.times(decimal(1).minus(pct.div(100))), pinned.times(decimal(1).plus(pct.div(100))));
  if (!range) throw new TypeError("no range");
  return { pool: at, ...range, pinned: pinnedRatio(market, prices(pinned)) ?? 0n, usd0: decimal(1), usd1: pinned };
}

const worth = (units0: bigint, units1: bigint, usd: Decimal) => fromUnits(units0, 6).plus(fromUnits(units1, 18).times(usd));
const inside = (liquidity: bigint, scene: Scene, usd: Decimal) =>
  sum(
    (contents(market, prices(usd), "p", liquidity, scene) ?? []).map(({ asset, amount }) =>
      asset === "base/WETH" ? amount.times(usd) : amount,
    ),
  );
const ends = ({ tickLower, tickUpper }: Scene) => ({
  lower: sqrtRatioAtTick(tickLower) ?? 0n,
  upper: sqrtRatioAtTick(tickUpper) ?? 0n,
});

const bps = (most: number) => fc.integer({ min: -most, max: most }).map((n) => decimal(n).div(BPS).plus(1));
const usd = fc.integer({ min: 500, max: 9_000 }).map(decimal);
const pct = fc.integer({ min: 1, max: 40 }).map(decimal);

test("whatever the pool's price is near the pinned one, what goes in loses no more than the slippage by its minimums, and the pool takes it", () => {
  fc.assert(
    fc.property(usd, bps(30), pct, fc.integer({ min: 50, max: 5_000 }).map(decimal), (pinned, off, range, size) => {
      const scene = sceneOf(pinned, pinned.times(off), range);
      const amounts = supplyOf(scene, { most0: size, most1: size.div(pinned), most_usd: size, slippageBps: decimal(50) });
      const given = worth(amounts.amount0Desired, amounts.amount1Desired, pinned);
      const least = leastLiquidity(amounts.amount0Min - 1n, amounts.amount1Min - 1n, ends(scene));
      const kept = inside(least, scene, pinned);
      expect(given.lte(size.times("1.000001"))).toBe(true);
      expect(given.minus(kept).times(BPS).lte(given.times(50))).toBe(true);
      expect(amounts.amount0Min <= amounts.amount0Desired && amounts.amount1Min <= amounts.amount1Desired).toBe(true);
    }),
  );
});

test("however far off a pool stands, what comes out is guaranteed at the pinned price less the slippage, and the pool pays it", () => {
  fc.assert(
    fc.property(usd, bps(3_000), pct, fc.bigInt({ min: 10n ** 14n, max: 10n ** 20n }), (pinned, off, range, liquidity) => {
      const scene = sceneOf(pinned, pinned.times(off), range);
      const { amount0Min, amount1Min } = closingFloors(scene, liquidity, decimal(50));
      const [paid0, paid1] = amountsOf(liquidity, { price: scene.pool.ratio, ...ends(scene) });
      const held = inside(liquidity, scene, pinned);
      expect(amount0Min <= paid0 && amount1Min <= paid1).toBe(true);
      expect(
        held
          .minus(worth(amount0Min, amount1Min, pinned))
          .times(BPS)
          .lte(held.times(50)),
      ).toBe(true);
    }),
  );
});

test("liquidity goes in on both sides only: outside of the range, with one token, or far off the pinned price there are no bytes", () => {
  const most = { most0: decimal(1000), most1: decimal(1), most_usd: null, slippageBps: decimal(50) };
  const problem = (name: string) => expect.objectContaining({ problem: name });
  expect(() => supplyOf(sceneOf(decimal(3000), decimal(3400), decimal(5)), most)).toThrow(problem("NO_RANGE"));
  expect(() => supplyOf(sceneOf(decimal(3000), decimal(3000), decimal(5)), { ...most, most1: decimal(0) })).toThrow(
    problem("AMOUNT_ZERO"),
  );
  expect(() => supplyOf(sceneOf(decimal(3000), decimal(3290), decimal(10)), most)).toThrow(problem("NO_FLOOR"));
});

test("a range ends at the next ticks outside of it that the pool takes, and its prices read back", () => {
  fc.assert(
    fc.property(usd, pct, fc.constantFrom(1, 10, 60, 200), (price, range, tickSpacing) => {
      const pool = { ...poolAt(price), tickSpacing };
      const [from, to] = [price.times(decimal(1).minus(range.div(100))), price.times(decimal(1).plus(range.div(100)))];
      const ticks = tickRange(pool, from, to);
      if (!ticks) throw new TypeError("no range");
      expect(Math.abs(ticks.tickLower % tickSpacing) + Math.abs(ticks.tickUpper % tickSpacing)).toBe(0);
      const [one, other] = [ticks.tickLower, ticks.tickUpper].map((tick) => priceAtRatio(pool, sqrtRatioAtTick(tick) ?? 0n));
      // WETH is the second token, so the lower tick is the higher price.
      const room = decimal("1.0001").pow(tickSpacing + 1);
      expect(one?.gte(to.times("0.999999")) && one.lte(to.times(room))).toBe(true);
      expect(other?.lte(from.times("1.000001")) && other.gte(from.div(room))).toBe(true);
    }),
  );
  expect(tickRange(poolAt(decimal(3000)), decimal(3100), decimal(2900))).toBeNull();
  expect(tickRange({ ...poolAt(decimal(3000)), tickSpacing: null }, decimal(2900), decimal(3100))).toBeNull();
});
