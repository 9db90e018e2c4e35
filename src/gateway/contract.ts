import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Hash, Hex } from "../core/hex.ts";
import type { Json } from "../core/json.ts";
import type { RecentOutcome } from "../journal/fold-wallet.ts";
import type { BudgetLeft, Verdict, Violation } from "../mandate/verdict.ts";
import type { AccountId, Action, AssetId, Await, Holding } from "../protocols/effects.ts";

/** A wallet as the gateway knows it: its stream's name, "wallet:0x…". */
export type WalletId = string;
/** The right to request for a wallet: the sequence number of the newest "opened" entry. */
export type Lease = number;

/** 1..n actions that are assessed in order in one simulation, judged and reserved as one. */
export interface Request {
  readonly wallet: WalletId;
  readonly lease: Lease;
  readonly cycle: number;
  /** Counts the requests of a cycle from 1. The same step with the same content is the same request. */
  readonly step: number;
  readonly actions: readonly [Action, ...Action[]];
}

/** An actual change of a holding, signed, in whole tokens. */
export interface Done {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly amount: Decimal;
}

export interface SentTransaction {
  readonly hash: string;
  readonly status: "pending" | "success" | "reverted" | "voided" | "unknown";
}

export type Outcome =
  /** Nothing was signed. */
  | { readonly kind: "refused"; readonly key: Hash; readonly verdict: Exclude<Verdict, { kind: "allow" }> }
  /** Sent, or about to be; what may still come is listed. No failure. */
  | OutcomeOf<"open">
  /** The look-up cannot tell, or an await is overdue. */
  | OutcomeOf<"unresolved">
  | OutcomeOf<"confirmed">
  | OutcomeOf<"rejected">
  /** Reserved, then dropped unsent. */
  | OutcomeOf<"released">;

interface OutcomeOf<Kind extends string> {
  readonly kind: Kind;
  readonly key: Hash;
  readonly done: readonly Done[];
  readonly awaits: readonly Await[];
  readonly transactions: readonly SentTransaction[];
  readonly reason: string | null;
  /** What was asked to be signed: only in the answer to its request, and only while it is live. Whoever has it can use it. */
  readonly signature?: Hex;
}

/** What the agent may know of its wallet's standing with the gateway. */
export interface GatewayState {
  readonly wallet: WalletId;
  readonly now: Instant;
  readonly lease: Lease;
  readonly cycle: number;
  readonly stopped: { readonly code: string; readonly reason: string } | null;
  readonly open: readonly Outcome[];
  readonly budgets: readonly BudgetLeft[];
  readonly holdings: readonly Holding[];
  readonly high_water_usd: Decimal | null;
  readonly model_spent_today_usd: Decimal;
  /** Outcomes and refusals of the last cycles, newest last, for what a decider is told. */
  readonly recent: readonly RecentOutcome[];
  /** Questions to the operator that wait for an answer, and grants that were not used yet, oldest first. */
  readonly permits: readonly HeldPermit[];
  /** What left one chain for an own account on another and has not arrived, oldest first. Left out: nothing. */
  readonly under_way?: readonly UnderWay[];
  /** The strategy that the agent noted last that it follows, and since when. Left out: none. */
  readonly following?: { readonly strategy: string; readonly since: Instant };
}

/** Tokens that a message carries from one chain to another. */
export interface UnderWay {
  /** The message's id, which both mailboxes know it by. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly account: AccountId;
  /** Of the chain that it goes to. */
  readonly asset: AssetId;
  /** Whole tokens that it brings. */
  readonly amount: Decimal;
  readonly since: Instant;
  /** Whether it counts as held: for a day, and as far as its arrival was guaranteed. */
  readonly counts: boolean;
}

/** What the operator was asked to grant, or has granted: once, for the same calls, at no worse a bound. */
export interface HeldPermit {
  readonly id: string;
  /** The request that asked. */
  readonly key: Hash;
  readonly status: "open" | "granted";
  /** The calls in words, floors and deadlines left out. */
  readonly calls: readonly string[];
  /** When an open question counts as a no, or a grant can be used no more. */
  readonly until: Instant;
  /** What the agent wants with it, as it noted in JSON ("permit-wish"): one that has forgotten can ask for the same again. */
  readonly wish: string | null;
}

/** Something that the agent side wants on the record. The gateway adds the time and reads nothing of it but model costs. */
export type Note = { readonly kind: string } & { readonly [key: string]: Json };

/**
 * The gateway, as everybody else sees it: an object in process, six JSON calls between processes.
 *
 * Refusals are values. What is thrown is a {@link GatewayError}: the call did not reach a verdict.
 */
export interface Gateway {
  /** Begins a cycle: settles nothing, fences whoever held the lease, reconciles and values what is held. */
  open(wallet: WalletId): Promise<{ readonly lease: Lease; readonly cycle: number }>;
  state(wallet: WalletId): Promise<GatewayState>;
  /** The pipeline up to the verdict; nothing is reserved. */
  preview(request: Request): Promise<Verdict>;
  request(request: Request): Promise<Outcome>;
  /** Looks up what is open (or one key) and records what came of it. Run first after any crash. */
  settle(wallet: WalletId, key?: Hash): Promise<readonly Outcome[]>;
  note(wallet: WalletId, notes: readonly Note[]): Promise<void>;
}

export type { Violation };
