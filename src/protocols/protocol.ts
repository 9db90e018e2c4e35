import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Address } from "../core/hex.ts";
import type { AccountId, AssetId, ChainLabel, DecodedCall, EvmCall, Payment, Prices, Unfloored, Unknown } from "./effects.ts";
import type { WarpEnd, WarpRoute } from "./hyperlane/warp-routes.ts";
import type { OwnPosition } from "./uniswap-v3/position.ts";

/** What a protocol may know of the network: labels and addresses of the mandate's book, nothing else. */
export interface CallContext {
  readonly chain: ChainLabel;
  readonly book: BookView;
  /** Own accounts by label. */
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly from: AccountId;
  /** What liquidity positions are read against. Left out: their functions have no meaning. */
  readonly liquidity?: { readonly prices: Prices; readonly positions: readonly OwnPosition[] };
  /** Routes of the book to its other chains. Left out: a router's functions have no meaning. */
  readonly routes?: readonly WarpRoute[];
}

/** The part of a chain's book that bytes are read against. */
export interface BookView {
  readonly native: { readonly symbol: string };
  readonly assets: Readonly<
    Record<string, { readonly address: Address; readonly decimals: number; readonly kind: string; readonly of?: string }>
  >;
  readonly contracts: Readonly<Record<string, { readonly address: Address; readonly kind: string }>>;
  readonly pools: Readonly<
    Record<string, { readonly address: Address; readonly fee: number; readonly tokens: readonly [string, string] }>
  >;
}

export interface Flow {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly amount: Decimal;
}

/** Tokens that a call sends to another chain. The bytes guarantee no arrival: what the message says and the destination does is read. */
export interface Dispatching {
  readonly route: WarpRoute;
  readonly end: WarpEnd;
  readonly recipient: Address;
  /** The own account that it is for. Null: it is for somebody else. */
  readonly account: AccountId | null;
  /** Base units of the route's token. */
  readonly units: bigint;
  /** Wei that the call sends along. */
  readonly value: bigint;
}

/**
 * What the bytes of a call can do at most and guarantee at least. Made from the bytes alone: no
 * simulation, no claim of whoever wrote them.
 */
export interface Meaning {
  readonly call: DecodedCall;
  /** The most that can leave each account. */
  readonly gives: readonly Flow[];
  /** The least that must come back to own accounts, or the call reverts. */
  readonly gets: readonly Flow[];
  /** What leaves for good. Also in `gives`. */
  readonly pays: readonly Payment[];
  readonly approves: readonly {
    readonly owner: AccountId;
    readonly asset: AssetId;
    readonly spender: Address;
    readonly amount: Decimal;
  }[];
  /** Labels of the book's pools that are traded against. */
  readonly pools: readonly string[];
  /** Last instant at which the chain accepts the call. Null: no deadline in the bytes. */
  readonly deadline: Instant | null;
  /** Whether what the call gives depends on when it lands, so that a deadline is required. */
  readonly timeSensitive: boolean;
  /** What comes back to own accounts though the bytes do not say how much. */
  readonly expects: readonly { readonly account: AccountId; readonly asset: AssetId }[];
  /** What the bytes put no bound to: all that is held can go, or all that `spender` is allowed where there is one. */
  readonly drains: readonly { readonly account: AccountId; readonly asset: AssetId; readonly spender: Address | null }[];
  /** The part of `gives` for which nothing is guaranteed. */
  readonly unfloored: readonly Unfloored[];
  /** Labels of pools that liquidity is put into, whose price must be near the pinned one. */
  readonly supplies: readonly string[];
  /** Absent: nothing leaves for another chain. */
  readonly dispatches?: readonly Dispatching[];
  readonly unknown: readonly Unknown[];
}

/** A contract kind's bytes and their meaning. Pure and keyless. */
export interface Protocol {
  readonly kind: string;
  /**
   * Its code moves an allowance only out of the account that calls it, so that a live allowance can be used by nobody
   * but a later request of one's own. Absent: that is not known.
   */
  readonly pullsOnlyFromCaller?: true;
  decode(context: CallContext, call: EvmCall, label: string): Meaning;
}
