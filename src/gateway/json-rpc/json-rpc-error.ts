import { MandateError, type MandateErrorOptions } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";

/** Error codes of JSON-RPC 2.0 and EIP-1474 that the endpoint answers with. */
export const RPC_CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  rejected: -32003,
  unsupported: -32004,
  limitExceeded: -32005,
} as const;

/** What a JSON-RPC client is answered instead of a result. `rpcCode` and `data` are as they go over the wire. */
export class JsonRpcError extends MandateError {
  readonly rpcCode: number;
  readonly data: Json | undefined;

  constructor(rpcCode: number, code: string, message: string, { data, ...options }: MandateErrorOptions & { data?: Json } = {}) {
    super(code, message, options);
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

export function invalidParams(message: string): JsonRpcError {
  return new JsonRpcError(RPC_CODE.invalidParams, "INVALID_PARAMS", message, {
    remedy: "See docs/json-rpc.md for what each method takes.",
  });
}
