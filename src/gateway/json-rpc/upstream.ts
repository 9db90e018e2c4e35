import { SECOND } from "../../core/clock.ts";
import { type RpcClient, RpcError, rpcClient } from "../../protocols/json-rpc.ts";
import { Connections } from "../../protocols/post-json.ts";
import { readsWithin } from "../serve/connection-room.ts";
import { openFilesLimit } from "../serve/open-files.ts";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";

/** Longest that a read may take, in milliseconds. */
const TIME_CAP = 5 * SECOND;

let ofProcess: Connections | undefined;

/** A chain's endpoint for the reads of others: asked once, and not for long. */
export function upstream(url: string): RpcClient {
  // Of all such reads in this process: each takes a descriptor, and a node that hangs would take them all.
  ofProcess ??= new Connections(readsWithin(openFilesLimit()));
  return rpcClient(url, { timeout: TIME_CAP, retries: 0, connections: ofProcess });
}

/** What the chain answered instead of a result, in our words where it did not answer at all. Revert data is kept. */
export function upstreamError(error: RpcError): JsonRpcError {
  const { rpcCode, data } = error;
  if (rpcCode === null) {
    return new JsonRpcError(RPC_CODE.internal, "CHAIN_UNREACHABLE", "the chain does not answer", {
      cause: error,
      remedy: "Try again, or check the chain's rpc in the mandate's book.",
    });
  }
  const said = error.message.replace(/[^\x20-\x7e]+/g, " ").slice(0, 500);
  const bytes = typeof data === "string" && /^0x[0-9a-fA-F]{0,20000}$/.test(data) ? { data } : {};
  return new JsonRpcError(rpcCode, "CHAIN_SAYS_NO", said, { cause: error, ...bytes });
}

/** Passes a read on. @throws {JsonRpcError} */
export async function ask(rpc: RpcClient, method: string, params: readonly unknown[]): Promise<unknown> {
  try {
    return await rpc.request(method, params);
  } catch (error) {
    if (error instanceof RpcError) throw upstreamError(error);
    throw error;
  }
}
