import { z } from "zod";
import type { Hex } from "../../core/hex.ts";
import type { RpcClient } from "../../protocols/json-rpc.ts";
import { invalidParams, JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";
import { address, asQuantity, blockTag, quantity, word } from "./params.ts";
import { ask } from "./upstream.ts";

/** Most blocks that one filter spans, both ends included. */
export const MOST_BLOCKS = 1_000n;
/** Most logs in one answer. */
export const MOST_LOGS = 2_000;

const bound = z.union([blockTag, quantity]);
const topic = z.union([z.null(), word, z.array(word).min(1).max(20)]);
export const logsParams = z.tuple([
  z.strictObject({
    fromBlock: bound.exactOptional(),
    toBlock: bound.exactOptional(),
    blockHash: word.exactOptional(),
    address: z.union([address, z.array(address).min(1).max(20)]).exactOptional(),
    topics: z.array(topic).max(4).exactOptional(),
  }),
]);

/** eth_getLogs over a bounded span of blocks, and a bounded number of them. @throws {JsonRpcError} */
export async function getLogs(rpc: RpcClient, [filter]: z.output<typeof logsParams>): Promise<unknown> {
  const { fromBlock, toBlock, blockHash, ...what } = filter;
  if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined)) {
    throw invalidParams("a filter has a blockHash, or fromBlock and toBlock, not both");
  }
  const where = blockHash === undefined ? await spanOf(rpc, fromBlock ?? "latest", toBlock ?? "latest") : { blockHash };
  const logs = await ask(rpc, "eth_getLogs", [{ ...what, ...where }]);
  if (Array.isArray(logs) && logs.length <= MOST_LOGS) return logs;
  throw new JsonRpcError(RPC_CODE.limitExceeded, "TOO_MANY_LOGS", `more than ${MOST_LOGS} logs match`, {
    remedy: "Ask for fewer blocks, an address or more topics.",
  });
}

type Bound = z.output<typeof bound>;

async function spanOf(rpc: RpcClient, from: Bound, to: Bound): Promise<{ readonly fromBlock: Hex; readonly toBlock: Hex }> {
  const [first, last] = await Promise.all([numberOf(rpc, from), numberOf(rpc, to)]);
  if (last < first) throw invalidParams(`fromBlock ${first} is after toBlock ${last}`);
  if (last - first >= MOST_BLOCKS) {
    throw new JsonRpcError(
      RPC_CODE.limitExceeded,
      "TOO_MANY_BLOCKS",
      `a filter spans at most ${MOST_BLOCKS} blocks, not ${last - first + 1n}`,
      { remedy: "Ask for a part at a time." },
    );
  }
  return { fromBlock: asQuantity(first), toBlock: asQuantity(last) };
}

async function numberOf(rpc: RpcClient, at: Bound): Promise<bigint> {
  if (typeof at === "bigint") return at;
  const block = z.object({ number: quantity }).safeParse(await ask(rpc, "eth_getBlockByNumber", [at, false]));
  if (!block.success) throw invalidParams(`the chain has no block ${at}`);
  return block.data.number;
}
