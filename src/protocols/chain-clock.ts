import { type Clock, SECOND } from "../core/clock.ts";
import type { Hex } from "../core/hex.ts";
import type { RpcClient } from "./json-rpc.ts";

/** A world's time, as its chain tells it: the latest block's timestamp. For rehearsals alone. */
export function chainClock(rpc: RpcClient): Pick<Clock, "now"> {
  return {
    async now() {
      const { timestamp } = await rpc.request<{ readonly timestamp: Hex }>("eth_getBlockByNumber", ["latest", false]);
      return Number(BigInt(timestamp)) * SECOND;
    },
  };
}
