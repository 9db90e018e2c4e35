import type { Instant } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { ChainLabel, Prices } from "../../protocols/effects.ts";
import type { Observation } from "../venue.ts";

export interface PoolToken {
  readonly symbol: string;
  readonly address: Address;
  readonly decimals: number;
}

/** A pool of the book at the observed block. */
export interface SeenPool {
  readonly chain: ChainLabel;
  readonly label: string;
  readonly address: Address;
  /** In hundredths of a basis point. */
  readonly fee: number;
  readonly token0: PoolToken;
  readonly token1: PoolToken;
  /** Square root of base units of token1 for one of token0. */
  readonly sqrtPrice: Decimal;
  /** Liquidity in range. */
  readonly liquidity: Decimal;
  /** Whole tokens of the label's second token for one of its first, fee left out. */
  readonly mid: Decimal;
  /** USD that moves the price by 1 %, the shallower direction. Null: no price to tell by. */
  readonly depth_usd: Decimal | null;
}

export interface SeenBlock {
  readonly number: bigint;
  readonly hash: string;
  readonly at: Instant;
  /** In wei. */
  readonly baseFee: bigint;
}

/** An EVM network at one block a chain. */
export interface EvmObservation extends Observation {
  readonly blocks: Readonly<Record<ChainLabel, SeenBlock>>;
  readonly pools: readonly SeenPool[];
  readonly prices: Prices;
}
