import type { Action } from "../../protocols/effects.ts";
import { callReader } from "../../protocols/read-call.ts";
import { positionsAbi } from "../../protocols/uniswap-v3/abi.ts";
import { collectData, positionsCall } from "../../protocols/uniswap-v3/encode-positions.ts";

const readCall = callReader(positionsAbi);

/**
 * The bytes that take liquidity out of a position, with one of its tokens collected and the other left where it is owed:
 * the way out where that one cannot be paid. Null: they collect nothing.
 */
export function collectingSide(action: Action, side: 0 | 1): Action | null {
  if (!("call" in action)) return null;
  const { to, data } = action.call;
  const whole = readCall(data);
  const parts = whole?.functionName === "multicall" ? whole.args[0] : [data];
  const left = parts.flatMap((part) => {
    const read = readCall(part);
    if (read?.functionName === "collect") return [collectData(read.args[0].tokenId, read.args[0].recipient, side)];
    // What is still owed something cannot be burnt.
    return read?.functionName === "burn" ? [] : [part];
  });
  const [first, ...rest] = left;
  if (first === undefined || parts.every((part) => readCall(part)?.functionName !== "collect")) return null;
  return { ...action, call: positionsCall(to, first, ...rest) };
}
