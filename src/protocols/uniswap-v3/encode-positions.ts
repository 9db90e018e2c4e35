import type { Hex } from "viem";
import { encodeFunctionData } from "viem/utils";
import type { Address } from "../../core/hex.ts";
import type { EvmCall } from "../effects.ts";
import { positionsAbi as abi } from "./abi.ts";

const MOST = (1n << 128n) - 1n;

interface Supply {
  /** Base units, as everything here. */
  readonly amount0Desired: bigint;
  readonly amount1Desired: bigint;
  readonly amount0Min: bigint;
  readonly amount1Min: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
}

export interface MintParameters extends Supply {
  readonly token0: Address;
  readonly token1: Address;
  readonly fee: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly recipient: Address;
}

/** Opens a position. */
export function mintData(parameters: MintParameters): Hex {
  return encodeFunctionData({ abi, functionName: "mint", args: [parameters] });
}

/** Adds to a position. */
export function increaseData(parameters: Supply & { readonly tokenId: bigint }): Hex {
  return encodeFunctionData({ abi, functionName: "increaseLiquidity", args: [parameters] });
}

/** Makes liquidity collectable. */
export function decreaseData(parameters: {
  readonly tokenId: bigint;
  readonly liquidity: bigint;
  readonly amount0Min: bigint;
  readonly amount1Min: bigint;
  readonly deadline: bigint;
}): Hex {
  return encodeFunctionData({ abi, functionName: "decreaseLiquidity", args: [parameters] });
}

/**
 * Pays out everything that a position is owed.
 *
 * @param only - of its first token (0) or its second (1) alone.
 */
export function collectData(tokenId: bigint, recipient: Address, only?: 0 | 1): Hex {
  const params = { tokenId, recipient, amount0Max: only === 1 ? 0n : MOST, amount1Max: only === 0 ? 0n : MOST };
  return encodeFunctionData({ abi, functionName: "collect", args: [params] });
}

/** Ends a position that holds nothing and is owed nothing. */
export function burnData(tokenId: bigint): Hex {
  return encodeFunctionData({ abi, functionName: "burn", args: [tokenId] });
}

/** One call to a position manager: several at once as its multicall. */
export function positionsCall(manager: Address, first: Hex, ...rest: readonly Hex[]): EvmCall {
  const data = rest.length === 0 ? first : encodeFunctionData({ abi, functionName: "multicall", args: [[first, ...rest]] });
  return { to: manager, data, value: 0n };
}
