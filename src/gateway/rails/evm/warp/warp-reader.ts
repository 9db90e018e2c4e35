import type { Address, Hex } from "../../../../core/hex.ts";
import type { ChainBook } from "../../../../mandate/book.ts";
import { decodeCall } from "../../../../protocols/decode-call.ts";
import type { AccountId, Action, ChainLabel } from "../../../../protocols/effects.ts";
import type { WarpEnd, WarpRoute } from "../../../../protocols/hyperlane/warp-routes.ts";
import type { RpcClient } from "../../../../protocols/json-rpc.ts";
import type { Tip } from "../simulate.ts";
import { endProblems, isDelivered, originProblems, quoteNative, type ReadAt } from "./read-route.ts";
import { type Delivery, simulateDeliveries } from "./simulate-delivery.ts";

/** What is asked of one chain about the routes that leave it and arrive at it. */
export class WarpReader {
  /** Routes that leave the chain. */
  readonly routes: readonly WarpRoute[];
  readonly #rpc: RpcClient;
  readonly #chain: ChainLabel;
  readonly #book: ChainBook;
  readonly #accounts: Readonly<Record<AccountId, Address>>;

  constructor(parts: {
    readonly rpc: RpcClient;
    readonly chain: ChainLabel;
    readonly book: ChainBook;
    readonly accounts: Readonly<Record<AccountId, Address>>;
    readonly routes: readonly WarpRoute[];
  }) {
    this.routes = parts.routes;
    this.#rpc = parts.rpc;
    this.#chain = parts.chain;
    this.#book = parts.book;
    this.#accounts = parts.accounts;
  }

  /** Chains that the bytes of these actions send tokens to. */
  destinationsOf(actions: readonly Action[]): ReadonlySet<ChainLabel> {
    if (this.routes.length === 0) return new Set();
    const context = { chain: this.#chain, book: this.#book, accounts: this.#accounts, routes: this.routes };
    return new Set(
      actions.flatMap((action) =>
        "call" in action
          ? (decodeCall({ ...context, from: action.from }, action.call).dispatches ?? []).map(({ end }) => end.chain)
          : [],
      ),
    );
  }

  /** See {@link originProblems}. */
  originProblems(route: WarpRoute, end: WarpEnd, block: string): Promise<readonly string[]> {
    return originProblems(this.#at(block), route, end);
  }

  /** See {@link endProblems}. */
  endProblems(end: WarpEnd, route: WarpRoute, block: string): Promise<readonly string[]> {
    return endProblems(this.#at(block), end, route);
  }

  /** See {@link quoteNative}. */
  quote(route: WarpRoute, wanted: Parameters<typeof quoteNative>[2], block: string): Promise<bigint | null> {
    return quoteNative(this.#at(block), route, wanted);
  }

  /** See {@link simulateDeliveries}. */
  deliveries(tip: Tip, deliveries: readonly Delivery[]): Promise<readonly (bigint | null)[]> {
    return simulateDeliveries(this.#rpc, tip, deliveries, this.#book.block_seconds);
  }

  /** See {@link isDelivered}. */
  isDelivered(mailbox: Address, id: Hex, block: string): Promise<boolean | null> {
    return isDelivered({ rpc: this.#rpc, block }, mailbox, id);
  }

  #at(block: string): ReadAt {
    return { rpc: this.#rpc, book: this.#book, block };
  }
}
