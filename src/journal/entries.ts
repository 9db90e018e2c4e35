import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import type { Json } from "../core/json.ts";
import type { Seq } from "./journal.ts";

/**
 * What a wallet's stream can say. All amounts are decimal strings in whole tokens or USD; all times are the
 * injected clock's. The gateway writes them; folds, `mandate log` and strangers with sqlite3 read them.
 */
export type WalletEntry =
  | { readonly kind: "pinned"; readonly body: PinnedBody }
  | { readonly kind: "started"; readonly body: { readonly terms: Hash } }
  | { readonly kind: "opened"; readonly body: OpenedBody }
  | { readonly kind: "noted"; readonly body: NotedBody }
  | { readonly kind: "judged"; readonly body: JudgedBody }
  | { readonly kind: "reserved"; readonly body: ReservedBody }
  | { readonly kind: "signed"; readonly body: SignedBody }
  | { readonly kind: "settled"; readonly body: SettledBody }
  | { readonly kind: "stopped"; readonly body: StoppedBody }
  | { readonly kind: "resumed"; readonly body: { readonly why: string } };

export type WalletEntryKind = WalletEntry["kind"];

/** Terms pinned to this wallet, and where its nonces and holdings stood when the gateway took it over. */
export interface PinnedBody {
  readonly terms_hash: Hash;
  readonly terms: Json;
  readonly nonces: Readonly<Record<string, number>>;
  readonly holdings: readonly HoldingBody[];
  /** Code hash of every contract, pool and token of the book, by "chain/label". */
  readonly code: Readonly<Record<string, Hash>>;
}

export interface HoldingBody {
  readonly account: string;
  readonly asset: string;
  readonly amount: string;
}

/** A cycle begins. Its entry's sequence number is the lease: an older one can request nothing any more. */
export interface OpenedBody {
  readonly cycle: number;
  readonly value_usd: string | null;
  readonly holdings: readonly HoldingBody[];
}

/** What the agent side says of itself: observations, model calls, decisions, plans. Trusted for nothing. */
export interface NotedBody {
  readonly cycle: number;
  readonly note: Json;
}

/** A request and everything that `judge` read and said of it. */
export interface JudgedBody {
  readonly key: Hash;
  readonly cycle: number;
  readonly step: number;
  readonly verdict: "allow" | "deny" | "ask";
  readonly codes: readonly string[];
  /** The request, effects, prices, budgets and verdict, whole or by reference. */
  readonly facts: Json;
}

export interface AmountsBody {
  readonly spend_usd: string;
  readonly loss_usd: string;
  readonly exit_loss_usd: string;
  readonly gas_usd: string;
  readonly exit_gas_usd: string;
  readonly buys_usd: string;
  readonly sells_usd: string;
  readonly spend_units: Readonly<Record<string, string>>;
}

export interface ReservedBody {
  readonly key: Hash;
  readonly cycle: number;
  readonly step: number;
  readonly class: "spend" | "trade" | "reduce";
  readonly actions: number;
  readonly at_worst: AmountsBody;
  /** After this instant the bytes can no longer take effect; null where only a consumed nonce ends them. */
  readonly until: Instant | null;
  /** What each asset is priced at for settling, and the bounds that inclusion must keep. */
  readonly prices: Readonly<Record<string, string>>;
  readonly bounds: readonly { readonly account: string; readonly asset: string; readonly least: string; readonly most: string }[];
}

export interface TransactionBody {
  readonly hash: string;
  readonly chain: string;
  readonly nonce: number;
  /** Most gas it can burn, in whole native coins. */
  readonly gas_most: string;
  /** "call", or "void": an empty transfer to self that consumes the nonce of a call that must not land any more. */
  readonly purpose: "call" | "void";
}

export interface SignedBody {
  readonly key: Hash;
  readonly transactions: readonly TransactionBody[];
}

export interface SettledBody {
  readonly key: Hash;
  readonly outcome: "confirmed" | "rejected" | "unresolved" | "released";
  readonly reason: string | null;
  readonly actual: AmountsBody;
  readonly deltas: readonly HoldingBody[];
  readonly transactions: readonly {
    readonly hash: string;
    readonly status: "success" | "reverted" | "voided" | "unknown";
    readonly block: number | null;
  }[];
  /** Chain nonces that this settlement proves consumed: next nonce by chain. */
  readonly nonces: Readonly<Record<string, number>>;
}

/** The gateway signs nothing more for this wallet but what gets it home, until an operator resumes it. */
export interface StoppedBody {
  readonly code: string;
  readonly reason: string;
}

/** A journal position of a stream, as folds keep it. */
export interface FoldPosition {
  readonly seq: Seq;
  readonly at: Instant;
}
