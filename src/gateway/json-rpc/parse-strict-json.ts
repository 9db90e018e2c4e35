import { readStrictJson } from "../strict-json.ts";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";

/** Deepest nesting of objects and arrays that a message may have. A batch of calls with topic filters needs 7. */
const DEEPEST = 16;
/** Most values of a message: a batch of the most calls has a tenth of it. */
const MOST_VALUES = 20_000;

/**
 * A JSON-RPC message as {@link readStrictJson} takes it.
 *
 * @throws {JsonRpcError} -32700
 */
export function parseStrictJson(text: string): unknown {
  const read = readStrictJson(text, { deepest: DEEPEST, most: MOST_VALUES });
  if ("value" in read) return read.value;
  throw new JsonRpcError(RPC_CODE.parse, "PARSE_ERROR", read.problem.slice(0, 300), {
    remedy: "Send one JSON-RPC 2.0 call, or an array of them.",
  });
}
