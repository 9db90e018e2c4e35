import { type Address, type Hash, type Hex, lower } from "../../../core/hex.ts";
import { sha256 } from "../../../core/json.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";

/** EIP-1967's slot for the implementation behind a proxy. */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

/** Addresses of a chain's book by what they are called there: every one whose code is pinned. */
export function pinnedAddresses(book: ChainBook): Readonly<Record<string, Address>> {
  const group = (name: string, entries: Readonly<Record<string, { readonly address: Address }>>) =>
    Object.entries(entries).map(([label, { address }]) => [`${name}/${label}`, lower(address)] as const);
  return Object.fromEntries([
    ...group("assets", book.assets),
    ...group("contracts", book.contracts),
    ...group("pools", book.pools),
    ...group("feeds", book.feeds),
    ...group(
      "sequencers",
      Object.fromEntries(Object.entries(book.feeds).flatMap(([label, { sequencer }]) => (sequencer ? [[label, sequencer]] : []))),
    ),
  ]);
}

/** What stands at each address: a hash of its code and of the implementation it points to. Null: no code. */
export async function readCode(rpc: RpcClient, addresses: readonly Address[], block: string): Promise<readonly (Hash | null)[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const [code, slot] = await Promise.all([
        rpc.request<Hex>("eth_getCode", [address, block]),
        rpc.request<Hex>("eth_getStorageAt", [address, IMPLEMENTATION_SLOT, block]),
      ]);
      return code === "0x" ? null : sha256(`${code} ${BigInt(slot)}`);
    }),
  );
}
