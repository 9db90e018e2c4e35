import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Address, Hash, Hex } from "../core/hex.ts";
import type { ExchangeEffects } from "./exchange-effects.ts";
import type { TradingAction } from "./hyperliquid/actions.ts";

/** A chain of the book, by its label there: "base". Several labels may share one chain id. */
export type ChainLabel = string;
/** An account of the book, by its label there: "wallet". */
export type AccountId = string;
/** A chain's asset, by their labels: "base/USDC". The native coin has the book's symbol for it: "base/ETH". */
export type AssetId = `${string}/${string}`;

export function assetId(chain: ChainLabel, symbol: string): AssetId {
  return `${chain}/${symbol}`;
}

/** `{ chain: "base", symbol: "USDC" }` of "base/USDC". */
export function splitAssetId(id: AssetId): { chain: ChainLabel; symbol: string } {
  const at = id.indexOf("/");
  return { chain: id.slice(0, at), symbol: id.slice(at + 1) };
}

/**
 * How an account's holding of an asset can change, signed, in whole tokens.
 *
 * `least` is what the bytes themselves guarantee (for an outflow: the most that can go, as a negative
 * number); a simulation can only make it worse. `most` is what the simulation saw.
 */
export interface Delta {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly least: Decimal;
  readonly most: Decimal | "unbounded";
}

/** An allowance of one of the mandate's accounts, before and after, in whole tokens. */
export interface AllowanceChange {
  readonly owner: AccountId;
  readonly asset: AssetId;
  readonly spender: Address;
  readonly before: Decimal;
  readonly after: Decimal;
}

/** A transfer out of the mandate's accounts to somebody else, in whole tokens. */
export interface Payment {
  readonly to: Address;
  readonly asset: AssetId;
  readonly amount: Decimal;
}

/** An argument as the ABI has it: whole numbers in digits, addresses and bytes in lower case, "true" or "false". */
export type RawArgument = string | readonly RawArgument[] | { readonly [name: string]: RawArgument };

/** A call, as its bytes say. `contract` and `kind` are the book's; null: not in the book. */
export interface DecodedCall {
  readonly chain: ChainLabel;
  readonly from: AccountId;
  readonly to: Address;
  readonly contract: string | null;
  readonly kind: string | null;
  /** The function's name, or its four-byte selector where the protocol does not know it. */
  readonly function: string;
  readonly args: Readonly<Record<string, string>>;
  /** The arguments as the ABI has them, by name. Absent: the bytes could not be read so. */
  readonly raw?: Readonly<Record<string, RawArgument>>;
  /** The type hash of the message that would be signed: `function` is its primary type, `to` the contract that takes it. Absent: it is a call. */
  readonly signs?: Hex;
  /** Native coin sent along, in whole coins. */
  readonly value: Decimal;
  readonly inner: readonly DecodedCall[];
}

/** Something that cannot be bounded, so it is denied. `code` becomes the violation's. */
export interface Unknown {
  readonly code: UnknownCode;
  readonly what: string;
}

export type UnknownCode =
  | "CONTRACT_NOT_ALLOWED"
  | "FUNCTION_NOT_ALLOWED"
  | "TOKEN_NOT_ALLOWED"
  | "POOL_NOT_ALLOWED"
  | "RECIPIENT_NOT_ALLOWED"
  | "SPENDER_NOT_ALLOWED"
  /** More may be spent than the request's own calls use. */
  | "ALLOWANCE_LEFT"
  | "SIGNING_NOT_ALLOWED"
  /** Typed data that is not what it says it is, or gives nothing. */
  | "MALFORMED_SIGNATURE"
  /** Typed data for another chain, another contract, or another name of it. */
  | "SIGNATURE_DOMAIN"
  | "SIGNATURE_OWNER"
  /** A nonce that the contract has used, does not expect, or that a live signature has. */
  | "SIGNATURE_NONCE"
  /** Valid from later on only. */
  | "SIGNATURE_SLEEPS"
  /** Too many signatures are live. */
  | "OPEN_SIGNATURES"
  | "CREATE_NOT_ALLOWED"
  | "MALFORMED_CALL"
  | "NO_FLOOR"
  | "NO_DEADLINE"
  | "WOULD_REVERT"
  | "CODE_CHANGED"
  | "UNEXPLAINED_EFFECT"
  | "CANNOT_SIMULATE"
  /** A vault whose shares are held does not say what they redeem. Getting safer passes. */
  | "VAULT_SILENT"
  /** An action of an exchange that is never signed, or not in this form. */
  | "ACTION_NOT_ALLOWED"
  | "MARKET_NOT_ALLOWED"
  /** The node's newest block is too old, or older than one that it gave before. */
  | "NODE_STALE"
  /** What an exchange says of an account contradicts itself, or what it said before. Getting safer passes. */
  | "ACCOUNT_IN_DOUBT"
  /** An exchange keeps the account in a mode that is not judged here, or does not say in which. Getting safer passes. */
  | "ACCOUNT_MODE"
  /** Two endpoints of one chain do not say the same. */
  | "RPC_DISAGREES"
  /** A bridge is asked to send where the book names no end of it. */
  | "DESTINATION_NOT_ALLOWED"
  /** A bridge's route says something else, on this side or on the other, than the book does. */
  | "ROUTE_CHANGED";

/** The part of an outflow for which a call's bytes guarantee nothing in return, in whole tokens. */
export interface Unfloored {
  /** The book's label of the contract that is trusted with it. */
  readonly contract: string;
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly amount: Decimal;
}

/** How far a pool that liquidity is put into stands off the pinned price. */
export interface PoolDistance {
  readonly pool: string;
  /** Basis points, at least 0. Null: the price of one of its tokens is not known. */
  readonly bps: Decimal | null;
}

/** Where a pool that is traded against stands after the calls, and stood before. */
export interface PoolImpact {
  readonly pool: string;
  /** Signed distance from the pinned price, in basis points. Null: it is not known. */
  readonly before_bps: Decimal | null;
  readonly after_bps: Decimal | null;
}

/** Something that may still come of what was sent: by when, and what it may still change. */
export interface Await {
  /** What to look it up by: a transaction hash, a cloid, a message id. */
  readonly id: string;
  readonly kind: "transaction" | "order" | "signature";
  readonly rest: readonly Delta[];
  readonly by: Instant;
}

/** The most gas that a transaction can burn, in the chain's native coin. */
export interface GasBound {
  readonly chain: ChainLabel;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly maxFeePerGas: bigint;
  readonly most: Decimal;
}

/** What a request does: bounded by its bytes, sharpened by a simulation. Everything that `judge` reads of it. */
export interface Effects {
  readonly deltas: readonly Delta[];
  readonly allowances: readonly AllowanceChange[];
  readonly payments: readonly Payment[];
  readonly unfloored: readonly Unfloored[];
  readonly pools: readonly PoolDistance[];
  /** Every pool that the calls trade against. Absent: nobody looked. */
  readonly impacts?: readonly PoolImpact[];
  readonly calls: readonly DecodedCall[];
  readonly gas: readonly GasBound[];
  /** When the bytes stop being valid on chain: the latest of the request's deadlines. Null: never. */
  readonly deadline: Instant | null;
  readonly unknown: readonly Unknown[];
  /** Holdings before, of every asset of the book, in whole tokens. */
  readonly before: readonly Holding[];
  /** The block that was simulated upon. */
  readonly block: { readonly chain: ChainLabel; readonly number: string; readonly at: Instant } | null;
  /** What it does at an exchange. Absent: it is of a chain. */
  readonly exchange?: ExchangeEffects;
  /** Hash of the raw answers that this was made from. */
  readonly evidence: Hash;
}

export interface Holding {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly amount: Decimal;
}

/** A price as the gateway pinned it: USD for a whole token. */
export interface Price {
  readonly usd: Decimal;
  /** How far the feed may stand from the truth, in basis points, either way. */
  readonly error_bps: Decimal;
  readonly at: Instant;
}

/** Why there is no price. */
export interface NoPrice {
  readonly missing: "PRICE_UNKNOWN" | "PRICE_STALE" | "PRICE_DISAGREES" | "PEG_BROKEN";
  readonly reason: string;
  /** What the source last said, in USD, where it is too old, off its peg, or not confirmed. Only the operator's way home goes by it. */
  readonly last_usd?: Decimal;
}

export type Prices = Readonly<Record<AssetId, Price | NoPrice>>;

/** The price of an asset, if there is one. */
export function priceIn(prices: Prices, asset: AssetId): Price | undefined {
  const price = prices[asset];
  return price && "usd" in price ? price : undefined;
}

export interface EvmCall {
  readonly to: Address;
  readonly data: Hex;
  /** In wei. */
  readonly value: bigint;
}

/** Dollars between the two classes of one's own account. The owner's key signs it, never an API wallet. */
export interface ClassTransfer {
  readonly type: "usdClassTransfer";
  /** USD, as it goes over the wire. */
  readonly amount: string;
  readonly toPerp: boolean;
}

/** What is wanted of Hyperliquid. Nonce, expiry, signature and the orders' cloids are the rail's. */
export interface HyperliquidAction {
  readonly rail: "hyperliquid";
  readonly from: AccountId;
  readonly action: TradingAction | ClassTransfer;
}

/** What a rail signs. */
export type Action =
  | HyperliquidAction
  | { readonly rail: "evm"; readonly chain: ChainLabel; readonly from: AccountId; readonly call: EvmCall }
  | { readonly rail: "evm"; readonly chain: ChainLabel; readonly from: AccountId; readonly typedData: string };
