import { toHex } from "viem";
import { type Instant, SECOND } from "../../../../core/clock.ts";
import type { Hex } from "../../../../core/hex.ts";
import type { RpcClient } from "../../../../protocols/json-rpc.ts";
import { LOGS_AT_ONCE } from "./read-moves.ts";

/**
 * The last block of a range that is not after an instant, or the one before the range. A range that is read in one go
 * anyway is left as it is.
 *
 * @throws {RpcError} the node does not tell.
 */
export async function lastBlockUntil(
  rpc: RpcClient,
  { from, to }: { readonly from: number; readonly to: number },
  until: Instant,
): Promise<number> {
  if (to - from < LOGS_AT_ONCE) return to;
  let [low, high] = [from - 1, to];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const { timestamp } = await rpc.request<{ readonly timestamp: Hex }>("eth_getBlockByNumber", [toHex(middle), false]);
    if (Number(timestamp) * SECOND <= until) low = middle;
    else high = middle - 1;
  }
  return low;
}
