import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import type { Json } from "../core/json.ts";

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
  | { readonly kind: "progressed"; readonly body: ProgressedBody }
  | { readonly kind: "armed"; readonly body: ArmedBody }
  | { readonly kind: "settled"; readonly body: SettledBody }
  | { readonly kind: "reopened"; readonly body: ReopenedBody }
  | { readonly kind: "delivered"; readonly body: DeliveredBody }
  | { readonly kind: "stopped"; readonly body: StoppedBody }
  | { readonly kind: "resumed"; readonly body: ResumedBody }
  | { readonly kind: "operator"; readonly body: OperatorBody }
  | { readonly kind: "asked"; readonly body: AskedBody }
  | { readonly kind: "answered"; readonly body: AnsweredBody }
  | { readonly kind: "lapsed"; readonly body: LapsedBody }
  | { readonly kind: "amended"; readonly body: AmendedBody }
  | { readonly kind: "reconciled"; readonly body: ReconciledBody };

export type WalletEntryKind = WalletEntry["kind"];

/** Terms pinned to this wallet, and where its nonces and holdings stood when the gateway took it over. */
export interface PinnedBody {
  readonly terms_hash: Hash;
  readonly terms: Json;
  readonly nonces: Readonly<Record<string, number>>;
  readonly holdings: readonly HoldingBody[];
  /** Code hash of every contract, pool and token of the book, by "chain/label". */
  readonly code: Readonly<Record<string, Hash>>;
  /** Allowances that were there before the gateway was. */
  readonly allowances?: readonly AllowedBody[];
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
  /** Every allowance that is not zero, in cycles that looked at them. */
  readonly allowances?: readonly AllowedBody[];
  /** Where the operator's flatten began it. */
  readonly order?: OrderProof;
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
  /** The permit that answered the question of an allowed request. */
  readonly permit?: string;
  /** Whose request it was. Absent: the agent's. */
  readonly by?: "operator";
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
  readonly bounds: readonly BoundBody[];
  /** The permit that this uses up. */
  readonly permit?: string;
  /** Whom it calls, pays or gives an allowance, by "chain address", where a person is asked about those that are new. */
  readonly addresses?: readonly string[];
  /** Whose request it is. Left out: the agent's. */
  readonly by?: "operator";
  /** At an exchange: what stood behind positions at worst, and what of it this put behind those that were there. USD. */
  readonly margin?: { readonly at_risk_usd: string; readonly put_usd: string };
}

export interface BoundBody {
  readonly account: string;
  readonly asset: string;
  readonly least: string;
  readonly most: string;
}

export interface TransactionBody {
  readonly hash: string;
  readonly chain: string;
  readonly nonce: number;
  /** Most gas it can burn, in whole native coins. */
  readonly gas_most: string;
  /**
   * "call"; "void": an empty transfer to self that consumes the nonce of a call that must not land any more; "cancel": the
   * gateway's own act on orders that may not rest any longer.
   */
  readonly purpose: "call" | "void" | "cancel";
  /** What an exchange was sent. Absent: it is a transaction of a chain. */
  readonly exchange?: ExchangeSentBody;
}

/** Until when an exchange takes the bytes, and the orders in them. */
export interface ExchangeSentBody {
  readonly expires: Instant;
  readonly orders: readonly OrderBody[];
  /** Dollars between the account's own classes. Absent: it is none. */
  readonly transfer?: TransferBody;
}

/** A transfer between the account's own classes, and what its ledger told of such ones before. */
export interface TransferBody {
  readonly usd: string;
  readonly to_perp: boolean;
  /** From when on the ledger is read for it. */
  readonly since: Instant;
  /** Transfers of this amount and direction that it told of since then, before this one was sent. */
  readonly known: number;
}

/** An order as it was sent: sizes in coins, prices in USD for a coin. */
export interface OrderBody {
  readonly cloid: string;
  readonly asset: string;
  readonly side: "buy" | "sell";
  readonly size: string;
  readonly price: string;
  /** Whether it can make an exposure larger. */
  readonly opens: boolean;
  readonly rests: boolean;
  /** Whether it closes the whole position, however large that is by then. Absent: it is of its size. */
  readonly follows?: true;
}

/** A part of a request's orders is done, and the rest still stands: what it counts for from here on. */
export interface ProgressedBody {
  readonly key: Hash;
  readonly amounts: AmountsBody;
  /** What has filled of each order, in coins, by cloid. */
  readonly filled: Readonly<Record<string, string>>;
}

/** The gateway had an exchange put off cancelling all that rests. With `refused`, what the exchange said of the same bytes. */
export interface ArmedBody {
  readonly chain: string;
  readonly hash: string;
  readonly nonce: number;
  /** When everything is cancelled, if nothing is heard before. */
  readonly until: Instant;
  readonly refused?: string;
}

export interface SignedBody {
  readonly key: Hash;
  readonly transactions: readonly TransactionBody[];
  /** What these can burn beyond what was reserved, where fees have risen: taken from the gas pots too. */
  readonly more?: { readonly gas_usd: string; readonly exit_gas_usd: string };
  /** Where a message was signed, and no transaction. */
  readonly signature?: SignatureBody;
}

/** A message that was signed, and how it is told whether it was used. The signature itself stands with the signed bytes. */
export interface SignatureBody {
  readonly chain: string;
  /** The name of its type: "PermitTransferFrom". */
  readonly type: string;
  /** keccak-256 of what was signed: the signature is kept under it. */
  readonly digest: string;
  /** The contract that takes it. */
  readonly contract: string;
  readonly owner: string;
  readonly spender: string;
  /** What may be taken at most, in whole tokens, and the contract's nonce for each. */
  readonly amounts: readonly { readonly asset: string; readonly amount: string; readonly nonce: string }[];
  /** The block that it was judged at: it cannot have been used in that one, or before. */
  readonly block: number;
}

export interface SettledBody {
  readonly key: Hash;
  readonly outcome: "confirmed" | "rejected" | "unresolved" | "released";
  readonly reason: string | null;
  readonly actual: AmountsBody;
  readonly deltas: readonly HoldingBody[];
  /** What an exchange took of what filled, in USD: part of what was given up. Absent: nothing filled at one. */
  readonly fees_usd?: string;
  /** Allowances that it changed. What it left allowed is spend until a later entry says that it is gone. */
  readonly allowances?: readonly AllowanceBody[];
  /** What it sent to own accounts on other chains. Absent: nothing. */
  readonly dispatched?: readonly DispatchedBody[];
  readonly transactions: readonly {
    readonly hash: string;
    readonly status: "success" | "reverted" | "voided" | "unknown";
    readonly block: number | null;
    /** Of the block that had it: where the chain has another in its place, what settled is looked up again. */
    readonly block_hash?: string;
    /** Which of the transaction's logs, where a signature was used in it. */
    readonly log?: number;
  }[];
  /** Chain nonces that this settlement proves consumed: next nonce by chain. */
  readonly nonces: Readonly<Record<string, number>>;
}

/** Tokens that left one chain for an own account on another, by a message that somebody else delivers. */
export interface DispatchedBody {
  /** The message's id, which both mailboxes know it by. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The mailbox that will deliver it. */
  readonly mailbox: string;
  readonly account: string;
  /** What arrives there, in whole tokens of that chain's asset. */
  readonly asset: string;
  readonly amount: string;
  /** The part of it that was guaranteed when it was judged: what is under way is worth no more. */
  readonly counted: string;
  /** All of the message, in hex: whoever has it can have it delivered. */
  readonly message: string;
}

/** A message that was under way has been delivered: what it brought is held from here on. */
export interface DeliveredBody {
  readonly id: string;
  readonly chain: string;
  /** The block that it was seen delivered at, deep enough to count as final. */
  readonly block: number;
}

/** An allowance before and after, in whole tokens. */
export interface AllowanceBody {
  /** The own account's address. */
  readonly owner: string;
  readonly asset: string;
  readonly spender: string;
  readonly before: string;
  readonly after: string;
  /** Of a whole token at the judgment, in USD. */
  readonly price: string;
}

/** An allowance as it was found, in whole tokens. */
export interface AllowedBody {
  /** The own account's address, in lower case. */
  readonly owner: string;
  readonly asset: string;
  readonly spender: string;
  readonly amount: string;
}

/** The chain took back what a settlement rested on. The request is in flight again, with all that was reserved for it. */
export interface ReopenedBody {
  readonly key: Hash;
  readonly reason: string;
}

/** The gateway signs nothing more for this wallet but what gets it home, until an operator resumes it. */
export interface StoppedBody {
  readonly code: string;
  readonly reason: string;
  /** Where a person stopped it. */
  readonly order?: OrderProof;
}

/** A person's word that it may go on, or that a clock which jumped is right. */
export interface ResumedBody {
  readonly why: string;
  /** The chains' own time agrees with the clock again: it ends a stop of the clock's and no other. */
  readonly by?: "clock";
  readonly order?: OrderProof;
}

/** An operator's order, as it was signed: whoever has the pinned key can check it. */
export interface OrderProof {
  /** Canonical JSON: what is ordered, for which wallet and journal, the order's number, until when. */
  readonly text: string;
  /** Ed25519 over "mandate.v1.Operator\n" and the text, in hex. */
  readonly signature: string;
}

/** Whose orders hold for this wallet from here on: pinned at the first start that names an operator, and replaced by that one's order. */
export interface OperatorBody {
  /** The Ed25519 public key, 32 bytes in hex. */
  readonly key: string;
  /** SHA-256 of those bytes. */
  readonly key_hash: Hash;
  /** Where the operator before handed over to this one. */
  readonly order?: OrderProof;
  /** With real money, committed with the pinned terms: this operator's order that the wallet goes live under them. */
  readonly go_live?: OrderProof;
}

/** A request that a person must agree to first: the gateway's own facts, and nothing of what the agent says. */
export interface AskedBody {
  readonly permit: string;
  /** The request that asked. The permit is not bound to it. */
  readonly key: Hash;
  readonly cycle: number;
  readonly step: number;
  /** Hash of the decoded calls without floors and deadlines. */
  readonly content: Hash;
  readonly calls: readonly string[];
  readonly bounds: readonly BoundBody[];
  readonly payments: readonly { readonly to: string; readonly asset: string; readonly amount: string }[];
  readonly outflow_usd: string;
  /** The most that can be lost, at the prices of the question. */
  readonly loss_usd: string;
  /** Loss for each 10,000 of outflow: a later use may not be worse. */
  readonly loss_bps: string;
  readonly gas_usd: string;
  /** The portfolio's value before. Null: not known. */
  readonly value_usd: string | null;
  /** Without an answer until then, the answer is no. */
  readonly expires: Instant;
}

export interface AnsweredBody {
  readonly permit: string;
  readonly answer: "granted" | "denied";
  /** A granted permit can be used before this instant; a denied one denies the same until then. */
  readonly until: Instant;
  readonly order: OrderProof;
}

/** A permit that is over without having been used. */
export interface LapsedBody {
  readonly permit: string;
  readonly reason: string;
}

/** Other terms, by the operator's order. They replace the pinned ones, and so does the code of what they name. */
export interface AmendedBody {
  readonly terms_hash: Hash;
  readonly terms: Json;
  readonly code: Readonly<Record<string, Hash>>;
  /** Of chains that the terms did not name before. */
  readonly nonces: Readonly<Record<string, number>>;
  /** Of assets that the terms did not name before. */
  readonly holdings: readonly HoldingBody[];
  readonly order: OrderProof;
}

/** A person's decision on what the journal says and the chain does not. */
export interface ReconciledBody {
  readonly why: string;
  /** Next nonce by chain, from here on. */
  readonly nonces: Readonly<Record<string, number>>;
  /** What is held, from here on. */
  readonly holdings: readonly HoldingBody[];
  /** What is allowed, from here on. */
  readonly allowances?: readonly AllowedBody[];
  /** Requests whose outcome nobody can tell: closed with all that they took. */
  readonly closed: readonly Hash[];
  /** By how much the operator's own deposits and withdrawals move the high-water mark, signed, in USD. */
  readonly moved_usd: string;
  readonly order: OrderProof;
}
