import { RpcError } from "./json-rpc.ts";

/** What nodes call an execution that failed: geth and those like it, Nethermind and OpenEthereum. */
const FAILED = new Set([3, -32015]);

/** Whether it was the contract that refused, or could not be done with what gas a call has, and not the node. */
export function isRevert(error: unknown): boolean {
  if (!(error instanceof RpcError) || error.rpcCode === null) return false;
  return FAILED.has(error.rpcCode) || /\brevert|out ?of ?gas|invalid opcode/i.test(error.message);
}
