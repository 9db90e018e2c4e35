import type { Hex } from "../../../core/hex.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import type { Tip } from "./simulate.ts";

interface RawBlock {
  readonly number: Hex;
  readonly timestamp: Hex;
  readonly gasLimit: Hex;
  readonly gasUsed: Hex;
  readonly baseFeePerGas: Hex;
}

/** @param at - a block tag or number in hex. */
export async function readTip(rpc: RpcClient, at = "latest"): Promise<Tip> {
  const block = await rpc.request<RawBlock>("eth_getBlockByNumber", [at, false]);
  return {
    number: BigInt(block.number),
    timestamp: BigInt(block.timestamp),
    gasLimit: BigInt(block.gasLimit),
    nextBaseFee: nextBaseFee(BigInt(block.baseFeePerGas), BigInt(block.gasUsed), BigInt(block.gasLimit)),
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
