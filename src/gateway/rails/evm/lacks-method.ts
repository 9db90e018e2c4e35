import { RpcError } from "../../../protocols/json-rpc.ts";

/** JSON-RPC's "method not found", and what some providers answer in its place. */
const CODES = [-32601, -32004];
const WORDS =
  /method\b.*\b(not (found|supported|available|allowed|enabled)|does not exist|disabled)|unsupported method|unknown method/i;

/** Whether a node said that it has no such method, which is another thing than that the method failed. */
export function lacksMethod(error: unknown): boolean {
  if (!(error instanceof RpcError) || error.rpcCode === null) return false;
  return CODES.includes(error.rpcCode) || WORDS.test(error.message);
}
