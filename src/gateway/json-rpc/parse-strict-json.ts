import { messageOf } from "../../core/errors.ts";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";

/** Deepest nesting of objects and arrays that a message may have. A batch of calls with topic filters needs 7. */
const DEEPEST = 16;

/**
 * JSON in which no object names a key twice and nothing is nested deeply. Two readers may take different ones of two
 * equal keys, and what was judged would not be what is sent.
 *
 * @throws {JsonRpcError} -32700
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(`the body is not JSON: ${messageOf(error)}`);
  }
  checkShape(text);
  return value;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/** `text` is valid JSON: every string is closed, and one right before a colon is a key of the innermost open object. */
function checkShape(text: string): void {
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) throw refused(`the key ${JSON.stringify(key).slice(0, 80)} is there twice`);
      keys?.add(key);
    }
    if (open.length > DEEPEST) throw refused(`the body is nested more than ${DEEPEST} deep`);
    last = token;
  }
}

function refused(message: string): JsonRpcError {
  return new JsonRpcError(RPC_CODE.parse, "PARSE_ERROR", message.slice(0, 300), {
    remedy: "Send one JSON-RPC 2.0 call, or an array of them.",
  });
}
