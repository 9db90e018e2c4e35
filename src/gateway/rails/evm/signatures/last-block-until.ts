import { toHex } from "viem/utils";
import { type Instant, SECOND } from "../../../../core/clock.ts";
import type { RpcClient } from "../../../../protocols/json-rpc.ts";
import { seconds } from "../../../../protocols/quantity.ts";
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
    const block = await rpc.request<{ readonly timestamp?: unknown } | null>("eth_getBlockByNumber", [toHex(middle), false]);
    if (seconds("the block's timestamp", block?.timestamp) * SECOND <= until) low = middle;
    else high = middle - 1;
  }
  return low;
}
