import { type Clock, SECOND } from "../core/clock.ts";
import type { RpcClient } from "./json-rpc.ts";
import { seconds } from "./quantity.ts";

/** A world's time, as its chain tells it: the latest block's timestamp. For rehearsals alone. */
export function chainClock(rpc: RpcClient): Pick<Clock, "now"> {
  return {
    async now() {
      const block = await rpc.request<{ readonly timestamp?: unknown } | null>("eth_getBlockByNumber", ["latest", false]);
      return seconds("the block's timestamp", block?.timestamp) * SECOND;
    },
  };
}
