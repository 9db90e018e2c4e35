import { SECOND } from "../../core/clock.ts";
import { type Decimal, decimal, toUnits, ZERO } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { ChainBook } from "../../mandate/book.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AccountId, type AssetId, type ChainLabel, splitAssetId } from "../../protocols/effects.ts";
import { IntentError } from "../venue.ts";
import type { EvmObservation } from "./observation.ts";

/** How long after the observation bytes with a deadline stay valid, at most. */
const VALID_SECONDS = decimal(240);

/** An own account by both of its names. */
export interface Owner {
  readonly label: AccountId;
  readonly address: Address;
}

/** @throws {IntentError} UNKNOWN_ACCOUNT. Without a label: the mandate's first account. */
export function accountOf(terms: Terms, label: AccountId | undefined): Owner {
  const wanted = label ?? Object.keys(terms.accounts)[0];
  const address = wanted === undefined ? undefined : terms.accounts[wanted];
  if (wanted === undefined || address === undefined) {
    throw new IntentError("UNKNOWN_ACCOUNT", `${label} is no account of the mandate`, "Leave it out for the wallet.");
  }
  return { label: wanted, address };
}

/** @throws {IntentError} UNKNOWN_CHAIN. */
export function chainOf(terms: Terms, label: ChainLabel): ChainBook {
  const chain = terms.book.chains[label];
  if (chain) return chain;
  throw new IntentError(
    "UNKNOWN_CHAIN",
    `${label} is no chain of the mandate`,
    `It has ${Object.keys(terms.book.chains).join(", ")}.`,
  );
}

/** A token of the book. @throws {IntentError} UNKNOWN_ASSET, or NOT_SWAPPABLE for the native coin. */
export function tokenOf(terms: Terms, asset: AssetId) {
  const { chain, symbol } = splitAssetId(asset);
  const book = chainOf(terms, chain);
  const token = book.assets[symbol];
  if (token) return { chain, symbol, ...token };
  if (symbol === book.native.symbol) {
    throw new IntentError("NOT_SWAPPABLE", `${asset} is the native coin, not a token`, "Wrap it first.");
  }
  throw new IntentError(
    "UNKNOWN_ASSET",
    `${asset} is no asset of the mandate's book`,
    `${chain} has ${Object.keys(book.assets).join(", ")}.`,
  );
}

/** The book's wrapped coin. @throws {IntentError} NOT_SWAPPABLE where it has none. */
export function wrappedOn(terms: Terms, chain: ChainLabel) {
  const book = chainOf(terms, chain);
  const weth = Object.entries(book.assets).find(([, { kind }]) => kind === "weth9");
  if (weth) return { book, weth: { symbol: weth[0], ...weth[1] } };
  throw new IntentError("NOT_SWAPPABLE", `the book of ${chain} has no wrapped coin`, "Add an asset of kind weth9.");
}

/** Base units of an amount in whole tokens, or of all that is held. @throws {IntentError} AMOUNT_ZERO. */
export function unitsOf(amount: Decimal | "all", balance: Decimal, decimals: number): bigint {
  const exact = toUnits(amount === "all" ? balance : amount, decimals);
  if (exact === 0n)
    throw new IntentError("AMOUNT_ZERO", "the amount is 0, or less than the smallest unit", "Give an amount above 0.");
  return exact;
}

/** What an account was seen to hold, in whole tokens. */
export function heldOf(seen: EvmObservation, account: AccountId, asset: AssetId): Decimal {
  return seen.holdings.find((one) => one.account === account && one.asset === asset)?.amount ?? ZERO;
}

/** USD for a whole token as the mandate pins it. @throws {IntentError} NO_PRICE. */
export function pinnedPrice(seen: EvmObservation, asset: AssetId): Decimal {
  const known = seen.prices[asset];
  if (known && "usd" in known) return known.usd;
  throw noPrice(known?.reason ?? `no price for ${asset}`);
}

/** The pinned price, or the last word of a source that is too old or off its peg. @throws {IntentError} NO_PRICE. */
export function lastPrice(seen: EvmObservation, asset: AssetId): Decimal {
  const known = seen.prices[asset];
  const usd = known && ("usd" in known ? known.usd : known.last_usd);
  if (usd) return usd;
  throw noPrice(known && "reason" in known ? known.reason : `no price for ${asset}`);
}

function noPrice(why: string): IntentError {
  return new IntentError("NO_PRICE", why, "A floor needs both prices.");
}

/** Unix seconds until which bytes made from an observation stay valid. */
export function deadlineOf(terms: Terms, seen: Pick<EvmObservation, "at">): bigint {
  const longest = terms.limits.max_deadline_seconds;
  const valid = VALID_SECONDS.lt(longest) ? VALID_SECONDS : longest;
  return BigInt(Math.floor(seen.at / SECOND) + valid.floor().toNumber());
}
