import { type Decimal, decimal } from "../../core/decimal.ts";
import { seededRandom } from "../../core/random.ts";
import { POOL_NAMES, POOLS, type PoolName, type TokenSymbol } from "./world-spec.ts";

/** A trade of somebody who has no view: an exact input. */
export interface NoiseTrade {
  readonly pool: PoolName;
  readonly sell: TokenSymbol;
  /** What is sold, in USD. */
  readonly usd: Decimal;
}

const CHANCE = 0.3;
const SMALLEST = 20;
const SPAN = 1_980;

/** The noise traders' swaps at a tick: small ones are common, none is above 2,000 USD. Pure. */
export function noiseTrades(seed: string, tick: number): readonly NoiseTrade[] {
  const random = seededRandom(`${seed}:noise:${tick}`);
  return POOL_NAMES.filter((name) => POOLS[name].traded).flatMap((pool) => {
    const [comes, side, size] = [random.next(), random.next(), random.next()];
    if (comes >= CHANCE) return [];
    return [{ pool, sell: POOLS[pool].tokens[side < 0.5 ? 0 : 1], usd: decimal((SMALLEST + SPAN * size ** 3).toFixed(2)) }];
  });
}
