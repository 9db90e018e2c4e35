import { keccak256 } from "viem";
import { type Address, type Hash, type Hex, lower, shortHex } from "../../../core/hex.ts";
import { sha256 } from "../../../core/json.ts";
import { perObject } from "../../../core/per-object.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { Unknown } from "../../../protocols/effects.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { unknown } from "../../../protocols/meaning.ts";
import { askCodeHashes } from "./code-hashes.ts";
import { readPointers, slotsNamedIn, USUAL_SLOTS } from "./code-pointers.ts";

/** Addresses of a chain's book by what they are called there: every one whose code is pinned. */
export const pinnedAddresses = perObject((book: ChainBook): Readonly<Record<string, Address>> => {
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
});

/** What stands at each address: a hash of its code and of where it has other code from. Null: no code. */
export async function readCode(rpc: RpcClient, addresses: readonly Address[], block: string): Promise<readonly (Hash | null)[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const [code, usual] = await Promise.all([askCode(rpc, address, block), readPointers(rpc, address, USUAL_SLOTS, block)]);
      if (code === "0x") return null;
      const slots = slotsNamedIn(code);
      return hashFor(code, slots.length === USUAL_SLOTS.length ? usual : await readPointers(rpc, address, slots, block));
    }),
  );
}

/**
 * Reads what {@link readCode} reads, of one chain again and again: code whose Keccak hash is that of code which was read
 * whole before is not read whole again.
 */
export class CodeReader {
  readonly #rpc: RpcClient;
  readonly #known = new Map<
    Address,
    { readonly keccak: Hex; readonly slots: readonly Hex[]; readonly pointers: string; readonly hash: Hash }
  >();
  #hashes: "unknown" | "had" | "lacking" = "unknown";

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /** @throws {RpcError} something could not be read. */
  async read(addresses: readonly Address[], block: string): Promise<readonly (Hash | null)[]> {
    const asked = this.#hashes !== "lacking" && this.#known.size > 0 ? askCodeHashes(this.#rpc, addresses, block) : null;
    const slotsOf = (address: Address) => this.#known.get(address)?.slots ?? USUAL_SLOTS;
    const [hashes, pointers] = await Promise.all([
      asked,
      Promise.all(addresses.map((address) => readPointers(this.#rpc, address, slotsOf(address), block))),
    ]);
    // A node that never answered it will not. One that did may have failed this once.
    if (asked !== null && this.#hashes === "unknown") this.#hashes = hashes === null ? "lacking" : "had";
    return Promise.all(
      addresses.map(async (address, i) => {
        const last = this.#known.get(address);
        const keccak = hashes?.[i];
        if (last !== undefined && last.keccak === keccak && last.pointers === pointers[i]) return last.hash;
        const code = await askCode(this.#rpc, address, block);
        if (code === "0x") return null;
        const slots = slotsNamedIn(code);
        const known = slots.length === slotsOf(address).length ? pointers[i] : undefined;
        const named = known ?? (await readPointers(this.#rpc, address, slots, block));
        const hash = hashFor(code, named);
        this.#known.set(address, { keccak: keccak256(code), slots, pointers: named, hash });
        return hash;
      }),
    );
  }
}

function askCode(rpc: RpcClient, address: Address, block: string): Promise<Hex> {
  return rpc.request<Hex>("eth_getCode", [address, block]);
}

function hashFor(code: Hex, pointers: string): Hash {
  return sha256(`${code} ${pointers}`);
}

/** What of the book has other code at a block than was pinned. */
export async function codeProblems(
  reader: CodeReader,
  { book, pinned, block }: { readonly book: ChainBook; readonly pinned: Readonly<Record<string, Hash>>; readonly block: string },
): Promise<readonly Unknown[]> {
  const addresses = Object.entries(pinnedAddresses(book));
  const code = await reader.read(
    addresses.map(([, address]) => address),
    block,
  );
  return addresses.flatMap(([label, address], i) =>
    code[i] === pinned[label]
      ? []
      : [unknown("CODE_CHANGED", `the code of ${label} at ${shortHex(address)} is not the code that was pinned`)],
  );
}
