import type { DecodedCall } from "../protocols/effects.ts";

/** Calls that turn liquidity or shares into what they hold and do nothing else: no safer way out of them exists. */
export function simplifies(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(isWayOut);
}

function isWayOut({ kind, function: name, inner }: DecodedCall): boolean {
  if (inner.length > 0) return inner.every(isWayOut);
  if (kind === "erc4626") return name === "withdraw";
  return kind === "uniswap-v3-positions" && (name === "decreaseLiquidity" || name === "collect" || name === "burn");
}

/** The calls within a call, or the call itself where there are none. */
export function leavesOf(call: DecodedCall): readonly DecodedCall[] {
  return call.inner.length === 0 ? [call] : call.inner.flatMap(leavesOf);
}
