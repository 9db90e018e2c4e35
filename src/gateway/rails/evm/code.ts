import { keccak256 } from "viem/utils";
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

/** Code that was read whole, by its Keccak hash: what is in it, and what {@link readCode} says of it, by where it points. */
export class KnownCode {
  readonly #codes = new Map<Hex, { readonly slots: readonly Hex[]; readonly hashes: Map<string, Hash> }>();

  get size(): number {
    return this.#codes.size;
  }

  slots(keccak: Hex): readonly Hex[] | undefined {
    return this.#codes.get(keccak)?.slots;
  }

  hash(keccak: Hex, pointers: string): Hash | undefined {
    return this.#codes.get(keccak)?.hashes.get(pointers);
  }

  add(code: Hex, slots: readonly Hex[], pointers: string): Hash {
    const keccak = keccak256(code);
    const hash = hashFor(code, pointers);
    const known = this.#codes.get(keccak) ?? { slots, hashes: new Map() };
    known.hashes.set(pointers, hash);
    this.#codes.set(keccak, known);
    return hash;
  }
}

/** Of this process: what code is does not depend on who read it, nor on where it stands. */
const READ_HERE = new KnownCode();

/**
 * Reads what {@link readCode} reads, of one chain again and again: code whose Keccak hash is that of code which was read
 * whole before is not read whole again.
 */
export class CodeReader {
  readonly #rpc: RpcClient;
  readonly #known: KnownCode;
  readonly #slots = new Map<Address, readonly Hex[]>();
  #hashes: "unknown" | "had" | "lacking" = "unknown";

  constructor(rpc: RpcClient, known: KnownCode = READ_HERE) {
    this.#rpc = rpc;
    this.#known = known;
  }

  /** @throws {RpcError} something could not be read. */
  async read(addresses: readonly Address[], block: string): Promise<readonly (Hash | null)[]> {
    const asked = this.#hashes !== "lacking" && this.#known.size > 0 ? askCodeHashes(this.#rpc, addresses, block) : null;
    const slots = addresses.map((address) => this.#slots.get(address) ?? USUAL_SLOTS);
    const [hashes, pointers] = await Promise.all([
      asked,
      Promise.all(addresses.map((address, i) => readPointers(this.#rpc, address, slots[i] ?? USUAL_SLOTS, block))),
    ]);
    // A node that never answered it will not. One that did may have failed this once.
    if (asked !== null && this.#hashes === "unknown") this.#hashes = hashes === null ? "lacking" : "had";
    return Promise.all(
      addresses.map(async (address, i) => {
        const first = { slots: slots[i] ?? USUAL_SLOTS, text: pointers[i] ?? "" };
        const keccak = hashes?.[i];
        const named = keccak === undefined ? undefined : this.#known.slots(keccak);
        if (keccak !== undefined && named !== undefined) {
          const hash = this.#known.hash(keccak, await this.#pointers(address, named, block, first));
          if (hash !== undefined) return hash;
        }
        const code = await askCode(this.#rpc, address, block);
        if (code === "0x") return null;
        const all = slotsNamedIn(code);
        return this.#known.add(code, all, await this.#pointers(address, all, block, first));
      }),
    );
  }

  /** What an address has in the slots that its code names. @param first - what was read of it in any case. */
  async #pointers(
    address: Address,
    slots: readonly Hex[],
    block: string,
    first: { readonly slots: readonly Hex[]; readonly text: string },
  ): Promise<string> {
    this.#slots.set(address, slots);
    const same = slots.length === first.slots.length && slots.every((slot, i) => slot === first.slots[i]);
    return same ? first.text : readPointers(this.#rpc, address, slots, block);
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
