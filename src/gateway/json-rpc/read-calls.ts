import { z } from "zod";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";
import { parseStrictJson } from "./parse-strict-json.ts";

/** Most calls in one batch. Each counts as one. */
export const MOST_CALLS = 20;

export type CallId = string | number | null;

export interface RpcCall {
  readonly id: CallId;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A message that is no call, with the id to answer it under. */
export interface BadCall {
  readonly id: CallId;
  readonly error: JsonRpcError;
}

export interface RpcMessage {
  /** Whether the answer is an array too. */
  readonly batch: boolean;
  readonly calls: readonly (RpcCall | BadCall)[];
}

const id = z.union([z.string().max(128), z.number().int().safe(), z.null()]);
const call = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id,
  method: z.string().min(1).max(64),
  params: z.array(z.unknown()).max(8).default([]),
});

/**
 * The calls of a body. Keys that JSON-RPC 2.0 does not have are refused, and so are notifications: whoever sends
 * something is told what came of it.
 *
 * @throws {JsonRpcError} for a body that is no message at all.
 */
export function readCalls(body: string): RpcMessage {
  const message = parseStrictJson(body);
  if (!Array.isArray(message)) return { batch: false, calls: [readCall(message)] };
  if (message.length === 0 || message.length > MOST_CALLS) {
    throw new JsonRpcError(RPC_CODE.invalidRequest, "BAD_BATCH", `a batch has 1 to ${MOST_CALLS} calls, not ${message.length}`, {
      remedy: "Send smaller batches.",
    });
  }
  return { batch: true, calls: message.map(readCall) };
}

function readCall(message: unknown): RpcCall | BadCall {
  const read = call.safeParse(message);
  if (read.success) {
    const { method, params, id } = read.data;
    return { id, method, params };
  }
  const named = z.object({ id }).safeParse(message);
  const why = z.prettifyError(read.error).replace(/\s+/g, " ").slice(0, 300);
  const error = new JsonRpcError(RPC_CODE.invalidRequest, "BAD_CALL", `not a JSON-RPC 2.0 call: ${why}`, {
    remedy: "A call has jsonrpc, id, method and params, and nothing else.",
  });
  return { id: named.success ? named.data.id : null, error };
}
