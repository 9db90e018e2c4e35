import { RpcError } from "./json-rpc.ts";

/** Whether it was the contract that refused, or could not be done with what gas a call has, and not the node. */
export function isRevert(error: unknown): boolean {
  return error instanceof RpcError && (error.rpcCode === 3 || /\brevert|out ?of ?gas|invalid opcode/i.test(error.message));
}
