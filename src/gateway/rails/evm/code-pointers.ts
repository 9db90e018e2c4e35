import type { Address, Hex } from "../../../core/hex.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";

/** EIP-1967's slot for the implementation behind a proxy. */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
/** EIP-1967's slot for the beacon that is asked for the implementation. */
const BEACON_SLOT = "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50";
/** EIP-1822's slot. */
const PROXIABLE_SLOT = "0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7";
/** OpenZeppelin's slot from before EIP-1967, which tokens of much money have to this day. */
const OLD_SLOT = "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3";

/** Asked of every address. */
export const USUAL_SLOTS: readonly Hex[] = [IMPLEMENTATION_SLOT];
const OTHER_SLOTS: readonly Hex[] = [BEACON_SLOT, PROXIABLE_SLOT, OLD_SLOT];

/** Slots in which a proxy of this code keeps where its real code stands: the usual one, and those that the code names. */
export function slotsNamedIn(code: Hex): readonly Hex[] {
  return [...USUAL_SLOTS, ...OTHER_SLOTS.filter((slot) => code.includes(slot.slice(2)))];
}

/**
 * What an address has in its slots at a block, and the implementation that a beacon among them names, as one text.
 *
 * @throws {RpcError} something could not be read.
 */
export async function readPointers(rpc: RpcClient, address: Address, slots: readonly Hex[], block: string): Promise<string> {
  const texts = slots.map(async (slot) => {
    const value = BigInt(await rpc.request<Hex>("eth_getStorageAt", [address, slot, block]));
    if (slot !== BEACON_SLOT || value === 0n) return value.toString();
    return `${value} ${await implementationOf(rpc, `0x${value.toString(16).padStart(40, "0")}`, block)}`;
  });
  return (await Promise.all(texts)).join(" ");
}

/** Selector of `implementation()`. */
const IMPLEMENTATION_CALL = "0x5c60da1b";

async function implementationOf(rpc: RpcClient, beacon: Hex, block: string): Promise<string> {
  try {
    return await rpc.request<Hex>("eth_call", [{ to: beacon, data: IMPLEMENTATION_CALL }, block]);
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode !== null) return "none";
    throw error;
  }
}
