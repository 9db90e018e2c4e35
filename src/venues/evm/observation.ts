import type { Instant } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { AccountId, AssetId, ChainLabel, Prices } from "../../protocols/effects.ts";
import type { Flow } from "../../protocols/protocol.ts";
import type { OwnPosition } from "../../protocols/uniswap-v3/position.ts";
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
  /** The same to the last bit, in units of 2^96. */
  readonly ratio: bigint;
  /** Ticks that ranges end at are multiples of it. Null: the pool does not say. */
  readonly tickSpacing: number | null;
  /** Liquidity in range. */
  readonly liquidity: Decimal;
  /** Whole tokens of the label's second token for one of its first, fee left out. */
  readonly mid: Decimal;
  /** The label's first token: prices are in the other one, for one of it. */
  readonly base: string;
  /** USD that moves the price by 1 %, the shallower direction. Null: no price to tell by. */
  readonly depth_usd: Decimal | null;
}

/** A liquidity position of an own account in a pool of the book. */
export interface SeenPosition {
  readonly chain: ChainLabel;
  /** What it is called among the holdings: "base/lp:positions:42". */
  readonly asset: AssetId;
  readonly account: AccountId;
  readonly pool: string;
  /** As the chain has it, in base units. */
  readonly own: OwnPosition;
  /** Where the range ends, as the pool's price is written. */
  readonly lower: Decimal;
  readonly upper: Decimal;
  /** Whether the pool's price is in the range, so that it earns fees. */
  readonly in_range: boolean;
  /** What it holds at the pinned price, or at last words. Empty: there is none. */
  readonly holds: readonly Flow[];
  /** What can be collected now. */
  readonly owed: readonly Flow[];
}

/** An own account's shares of a vault. */
export interface SeenVault {
  readonly chain: ChainLabel;
  readonly asset: AssetId;
  readonly account: AccountId;
  /** What the vault holds. */
  readonly underlying: AssetId;
  /** Whole shares for a whole token put in, entry fees taken. */
  readonly shares_each: Decimal;
  /** Shares that are held, in whole ones. */
  readonly shares: Decimal;
  /** What the vault pays for all of them now, in whole tokens: exit fees and what it lacks taken off. */
  readonly redeemable: Decimal;
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
  readonly positions: readonly SeenPosition[];
  readonly vaults: readonly SeenVault[];
  readonly prices: Prices;
}
