import { encodeFunctionData, toHex } from "viem/utils";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { AccountId, Unknown } from "../../../protocols/effects.ts";
import { encodeAllowance, encodeBalanceOf, erc20Abi } from "../../../protocols/erc20.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { unknown } from "../../../protocols/meaning.ts";
import { spendersOf } from "./probes.ts";
import type { Simulation, Tip } from "./simulate.ts";
import type { ChangedSlots } from "./trace.ts";

const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const TOTAL_SUPPLY = encodeFunctionData({ abi: erc20Abi, functionName: "totalSupply" });

interface RawAccessList {
  readonly accessList: readonly { readonly address: Address; readonly storageKeys: readonly Hex[] }[];
}

export interface SlotReaderParameters {
  readonly rpc: RpcClient;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
}

/**
 * Knows which storage slots of the book's tokens are whose: a slot is known by what reads it, whatever its layout. Code
 * is pinned, so what was read once holds.
 */
export class SlotReader {
  readonly #rpc: RpcClient;
  readonly #book: ChainBook;
  readonly #own: readonly Address[];
  readonly #known = new Map<string, Promise<readonly Hex[]>>();
  /** By token, see {@link SlotReader.#always}. */
  readonly #fixed = new Map<Address, Promise<ReadonlySet<Hex>>>();

  constructor({ rpc, book, accounts }: SlotReaderParameters) {
    this.#rpc = rpc;
    this.#book = book;
    this.#own = Object.values(accounts).map(lower);
  }

  /**
   * Slots of the book's tokens that change though they are nobody's balance, own allowance or the supply: something of
   * a pinned token changed that its own functions do not show.
   *
   * @throws {RpcError} where the node has no eth_createAccessList.
   */
  async unexplained(
    tip: Tip,
    changed: ChangedSlots,
    { calls }: Pick<Simulation, "calls">,
    spenders: readonly Address[],
  ): Promise<readonly Unknown[]> {
    const found = await Promise.all(
      Object.entries(this.#book.assets).map(async ([symbol, { address }]) => {
        const token = lower(address);
        const slots = [...(changed.get(token) ?? [])];
        if (slots.length === 0) return [];
        const left = slots.filter(lacking(await this.#always(tip, token)));
        if (left.length === 0) return [];
        const reads = [
          ...partiesOf(calls, token).map(encodeBalanceOf),
          ...this.#own.flatMap((owner) => spenders.map((spender) => encodeAllowance(owner, lower(spender)))),
        ];
        return left
          .filter(lacking(await this.#readAll(tip, token, reads)))
          .map((slot) =>
            unknown("UNEXPLAINED_EFFECT", `slot ${slot} of ${symbol} changes, which is no known balance or allowance`),
          );
      }),
    );
    return found.flat();
  }

  /** Slots that may change whatever a request is: the supply, and what the book's own are held and allowed. */
  #always(tip: Tip, token: Address): Promise<ReadonlySet<Hex>> {
    const known = this.#fixed.get(token);
    if (known) return known;
    const [book, own] = [this.#book, this.#own];
    const fixed = [...Object.values(book.contracts), ...Object.values(book.pools), ...Object.values(book.assets)];
    const owners = [...new Set([...own, ...fixed.map(({ address }) => lower(address))])];
    const slots = this.#readAll(tip, token, [
      TOTAL_SUPPLY,
      ...owners.map(encodeBalanceOf),
      ...own.flatMap((owner) => spendersOf(book).map((spender) => encodeAllowance(owner, spender))),
    ]);
    this.#fixed.set(token, slots);
    slots.catch(() => this.#fixed.delete(token));
    return slots;
  }

  async #readAll(tip: Tip, token: Address, reads: readonly Hex[]): Promise<ReadonlySet<Hex>> {
    const asked = [...new Set(reads)].map((data) => this.#read(tip, token, data));
    return new Set((await Promise.all(asked)).flat());
  }

  #read(tip: Tip, token: Address, data: Hex): Promise<readonly Hex[]> {
    const key = `${token} ${data}`;
    const known = this.#known.get(key) ?? slotsRead(this.#rpc, tip, token, data);
    this.#known.set(key, known);
    known.catch(() => this.#known.delete(key));
    return known;
  }
}

function lacking(known: ReadonlySet<Hex>): (slot: Hex) => boolean {
  return (slot) => !known.has(slot);
}

async function slotsRead(rpc: RpcClient, tip: Tip, token: Address, data: Hex): Promise<readonly Hex[]> {
  const { accessList } = await rpc.request<RawAccessList>("eth_createAccessList", [{ to: token, data }, toHex(tip.number)]);
  return accessList.filter(({ address }) => lower(address) === token).flatMap(({ storageKeys }) => storageKeys);
}

/** Whom a token's transfers name: their balances may change too. */
function partiesOf(calls: Simulation["calls"], token: Address): readonly Address[] {
  return calls
    .flatMap(({ logs }) => logs)
    .filter(({ address, topics }) => lower(address) === token && topics[0] === TRANSFER)
    .flatMap(({ topics }) => topics.slice(1, 3).map((topic) => lower(`0x${topic.slice(26)}` as Address)));
}
