import type { Address } from "../../core/hex.ts";
import type { AssetId, ChainLabel } from "../effects.ts";

/** What a router does with its token: locks and releases it, mints and burns it, or the same with native coin. */
export type WarpType = "collateral" | "synthetic" | "native";

/** One side of a warp route, as the book pins it. */
export interface WarpEnd {
  readonly chain: ChainLabel;
  /** The router's label among the chain's contracts. */
  readonly label: string;
  readonly address: Address;
  readonly type: WarpType;
  readonly asset: AssetId;
  readonly decimals: number;
  /** The token's contract; for native coin the zero address, as the router says it. */
  readonly token: Address;
  readonly mailbox: Address;
  /** By which Hyperlane knows the chain. */
  readonly domain: number;
  /** A message carries `amount × scale[0] / scale[1]`, rounded down, for an amount in the token's base units. */
  readonly scale: readonly [bigint, bigint];
}

/** A router and where it may send to, by the destination's chain label. */
export interface WarpRoute extends WarpEnd {
  readonly to: Readonly<Record<ChainLabel, WarpEnd>>;
}

/** What a message carries for an amount in base units of the origin's token. */
export function messageUnits({ scale: [numerator, denominator] }: WarpEnd, units: bigint): bigint {
  return (units * numerator) / denominator;
}

/** Base units of the destination's token for what a message carries. */
export function arrivingUnits({ scale: [numerator, denominator] }: WarpEnd, carried: bigint): bigint {
  return (carried * denominator) / numerator;
}
