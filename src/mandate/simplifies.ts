import type { DecodedCall } from "../protocols/effects.ts";

const WAYS_OUT: Readonly<Record<string, readonly string[]>> = {
  erc4626: ["withdraw"],
  "uniswap-v3-positions": ["decreaseLiquidity", "collect", "burn"],
};

/** Calls that turn liquidity or shares into what they hold and do nothing else: no safer way out of them exists. */
export function simplifies(calls: readonly DecodedCall[]): boolean {
  const leaves = calls.flatMap(leavesOf);
  return leaves.length > 0 && leaves.every(({ kind, function: name }) => kind !== null && WAYS_OUT[kind]?.includes(name));
}

/** The calls within a call, or the call itself where there are none. */
export function leavesOf(call: DecodedCall): readonly DecodedCall[] {
  return call.inner.length === 0 ? [call] : call.inner.flatMap(leavesOf);
}
