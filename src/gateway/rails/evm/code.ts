import { type Address, type Hash, type Hex, lower, shortHex } from "../../../core/hex.ts";
import { sha256 } from "../../../core/json.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { Unknown } from "../../../protocols/effects.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { unknown } from "../../../protocols/meaning.ts";

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

/** What was read at an address last, with its hash: what did not change is not hashed again. */
export type KnownCode = Map<Address, { readonly code: Hex; readonly slot: Hex; readonly hash: Hash }>;

/** What stands at each address: a hash of its code and of the implementation it points to. Null: no code. */
export async function readCode(
  rpc: RpcClient,
  addresses: readonly Address[],
  block: string,
  known: KnownCode = new Map(),
): Promise<readonly (Hash | null)[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const [code, slot] = await Promise.all([
        rpc.request<Hex>("eth_getCode", [address, block]),
        rpc.request<Hex>("eth_getStorageAt", [address, IMPLEMENTATION_SLOT, block]),
      ]);
      if (code === "0x") return null;
      const last = known.get(address);
      if (last?.code === code && last.slot === slot) return last.hash;
      const hash = sha256(`${code} ${BigInt(slot)}`);
      known.set(address, { code, slot, hash });
      return hash;
    }),
  );
}

/** What of the book has other code at a block than was pinned. */
export async function codeProblems(
  rpc: RpcClient,
  {
    book,
    pinned,
    block,
    known,
  }: {
    readonly book: ChainBook;
    readonly pinned: Readonly<Record<string, Hash>>;
    readonly block: string;
    readonly known: KnownCode;
  },
): Promise<readonly Unknown[]> {
  const addresses = Object.entries(pinnedAddresses(book));
  const code = await readCode(
    rpc,
    addresses.map(([, address]) => address),
    block,
    known,
  );
  return addresses.flatMap(([label, address], i) =>
    code[i] === pinned[label]
      ? []
      : [unknown("CODE_CHANGED", `the code of ${label} at ${shortHex(address)} is not the code that was pinned`)],
  );
}
