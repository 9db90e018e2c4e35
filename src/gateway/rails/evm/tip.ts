import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { quantity, seconds } from "../../../protocols/quantity.ts";
import type { Tip } from "./simulate.ts";

/**
 * @param at - a block tag or number in hex.
 * @throws {RpcError} the node has no such block, or garbled it.
 */
export async function readTip(rpc: RpcClient, at = "latest"): Promise<Tip> {
  const block = await rpc.request<Readonly<Record<string, unknown>> | null>("eth_getBlockByNumber", [at, false]);
  const field = (name: string) => quantity(`the block's ${name}`, block?.[name]);
  return {
    number: field("number"),
    timestamp: BigInt(seconds("the block's timestamp", block?.timestamp)),
    gasLimit: field("gasLimit"),
    nextBaseFee: nextBaseFee(field("baseFeePerGas"), field("gasUsed"), field("gasLimit")),
  };
}

/** EIP-1559: the base fee of the block after one that used `gasUsed` of `gasLimit`. */
export function nextBaseFee(baseFee: bigint, gasUsed: bigint, gasLimit: bigint): bigint {
  const target = gasLimit / 2n;
  if (gasUsed === target || target === 0n) return baseFee;
  if (gasUsed > target) {
    const rise = (baseFee * (gasUsed - target)) / target / 8n;
    return baseFee + (rise > 0n ? rise : 1n);
  }
  return baseFee - (baseFee * (target - gasUsed)) / target / 8n;
}
