import type { Instant } from "../../../core/clock.ts";
import { InvariantError } from "../../../core/errors.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import type { BookSide, Level } from "./book.ts";
import type { CandleStore } from "./candle-store.ts";
import type {
  ExchangeConfig,
  ExchangeEvent,
  PerpConfig,
  SpotConfig,
  Switches,
  Tif,
  TokenConfig,
  WireFill,
  WireFunding,
  WireFundingRate,
  WireLedgerUpdate,
  WireOrderUpdate,
  WireTrade,
} from "./types.ts";

/** Sizes in units of 10^-szDecimals, prices in units of 10^-pxPlaces, dollars of perpetuals in millionths. */
export interface Order {
  readonly oid: number;
  readonly account: Account;
  readonly market: Market;
  readonly isBuy: boolean;
  px: bigint;
  /** What is left. */
  sz: bigint;
  origSz: bigint;
  readonly reduceOnly: boolean;
  tif: Tif | null;
  readonly trigger: { readonly px: bigint; readonly isMarket: boolean; readonly tpsl: "tp" | "sl" } | null;
  readonly cloid: Hex | null;
  readonly time: Instant;
  /** Where it is: in the book, waiting for its price, waiting for its parent, or in nobody's list. */
  place: "book" | "trigger" | "parent" | "none";
  readonly positionTpsl: boolean;
  /** Those that go when it fills, and those that wait for it; by oid. */

  siblings: readonly number[];
  children: readonly number[];
  /** Spot only: what is kept for it, in the wei of what it pays with. */
  hold: bigint;
  filled: bigint;
  level: Level | null;
  previous: Order | null;
  next: Order | null;
}

export interface Position {
  szi: bigint;
  /** What the position was entered for, in millionths; unsigned. */
  entry: bigint;
  /** Isolated only: its own dollars, margin less what was paid for the position. */
  raw: bigint;
  fundingSinceOpen: bigint;
  fundingSinceChange: bigint;
}

export interface Leverage {
  readonly cross: boolean;
  readonly value: number;
}

/** Open orders that may add to a position, in sum; notional in millionths. */
export interface Exposure {
  buySz: bigint;
  buyNotional: bigint;
  sellSz: bigint;
  sellNotional: bigint;
}

export interface SpotBalance {
  total: bigint;
  hold: bigint;
  /** USDC wei paid for what is held. */
  entry: bigint;
}

/** Modes of an account, as the venue words them. "default": nobody ever set one. */
export type AccountMode = "default" | "disabled" | "unifiedAccount" | "portfolioMargin" | "dexAbstraction";

export interface Account {
  readonly address: Address;
  /** `house` accounts keep no history: they are the market's own makers. */
  readonly kind: "user" | "sub" | "vault" | "house" | "backstop";
  readonly owner: Address | null;
  readonly name: string;
  /** Dollars of the cross account: cash less what was paid for cross positions. */
  usd: bigint;
  readonly positions: Map<number, Position>;
  readonly leverage: Map<number, Leverage>;
  readonly exposure: Map<number, Exposure>;
  readonly spot: Map<number, SpotBalance>;
  readonly orders: Map<number, Order>;
  readonly byCloid: Map<Hex, number>;
  readonly fundingAllTime: Map<number, bigint>;
  readonly closed: Map<number, WireOrderUpdate>;
  readonly fills: WireFill[];
  readonly fundings: WireFunding[];
  readonly ledger: WireLedgerUpdate[];
  /** Traded notional, millionths, by UTC day. */
  readonly volumes: Map<number, bigint>;
  volume: bigint;
  /** Markets that are being liquidated in parts, and until when nothing more of them is. */
  readonly cooldown: Map<number, Instant>;
  cancelAt: Instant | null;
  /** Vaults only: who holds how many shares. */
  readonly shares: Map<Address, bigint>;
  /** How the account says that it is kept. Here spot and perpetuals are apart in each. */
  mode: AccountMode;
}

interface MarketBase {
  readonly asset: number;
  readonly coin: string;
  readonly szDecimals: number;
  readonly pxPlaces: number;
  readonly bids: BookSide;
  readonly asks: BookSide;
  oracle: bigint;
  mark: bigint;
  last: bigint | null;
  /** Smoothed distance of the mid from the oracle, in price units. */
  drift: bigint;
  driftAt: Instant;
  readonly triggers: Map<number, Order>;
  readonly trades: WireTrade[];
  readonly candles: CandleStore;
  changed: boolean;
}

export interface PerpMarket extends MarketBase {
  readonly kind: "perp";
  readonly config: PerpConfig;
  readonly tiers: readonly {
    readonly from: bigint;
    readonly leverage: bigint;
    readonly deduction: bigint;
    readonly shown: number;
  }[];
  readonly impactNotional: bigint;
  readonly cap: bigint | null;
  openInterest: bigint;
  /** Premium times milliseconds since the hour began, and those milliseconds. */
  premiumSum: bigint;
  premiumFor: bigint;
  premiumAt: Instant;
  readonly fundings: WireFundingRate[];
}

export interface SpotMarket extends MarketBase {
  readonly kind: "spot";
  readonly config: SpotConfig;
  /** Token numbers. */
  readonly base: number;
  readonly quote: 0;
  /** Wei of the base in one unit of size. */
  readonly baseUnit: bigint;
}

export type Market = PerpMarket | SpotMarket;

export interface Token extends TokenConfig {
  readonly index: number;
}

export interface FeeRates {
  readonly taker: bigint;
  readonly maker: bigint;
  readonly spotTaker: bigint;
  readonly spotMaker: bigint;
}

export interface State {
  readonly config: ExchangeConfig;
  readonly switches: Switches;
  readonly tokens: readonly Token[];
  readonly markets: Map<number, Market>;
  readonly byCoin: Map<string, Market>;
  readonly accounts: Map<Address, Account>;
  readonly feeTiers: readonly (FeeRates & { readonly volume: bigint })[];
  /** What the exchange has earned: millionths of a dollar, and wei by token. */
  readonly earned: { usd: bigint; readonly spot: Map<number, bigint> };
  /** Losses that nobody could pay: millionths, zero or less. */
  badDebt: bigint;
  /** Wei by token, deposits less withdrawals. */
  readonly external: Map<number, bigint>;
  now: Instant;
  nextOid: number;
  nextTid: number;
  /** Numbers what happened; the wire's hashes are made of it. */
  sequence: number;
  readonly listeners: ((event: ExchangeEvent) => void)[];
}

/** Where liquidated positions go when the book cannot take them. */
export const BACKSTOP: Address = "0xffffffffffffffffffffffffffffffffffffffff";

export function newAccount(address: Address, kind: Account["kind"], owner: Address | null = null, name = ""): Account {
  return {
    address,
    kind,
    owner,
    name,
    usd: 0n,
    positions: new Map(),
    leverage: new Map(),
    exposure: new Map(),
    spot: new Map(),
    orders: new Map(),
    byCloid: new Map(),
    fundingAllTime: new Map(),
    closed: new Map(),
    fills: [],
    fundings: [],
    ledger: [],
    volumes: new Map(),
    volume: 0n,
    cooldown: new Map(),
    cancelAt: null,
    shares: new Map(),
    mode: "default",
  };
}

export function accountOf(state: State, address: Address): Account {
  const known = state.accounts.get(address);
  if (known !== undefined) return known;
  const account = newAccount(address, "user");
  state.accounts.set(address, account);
  return account;
}

export function spotOf(account: Account, token: number): SpotBalance {
  const known = account.spot.get(token);
  if (known !== undefined) return known;
  const balance = { total: 0n, hold: 0n, entry: 0n };
  account.spot.set(token, balance);
  return balance;
}

export function leverageOf(account: Account, market: PerpMarket): Leverage {
  return (
    account.leverage.get(market.asset) ?? {
      cross: market.config.onlyIsolated !== true,
      value: Math.min(20, market.config.maxLeverage),
    }
  );
}

export function backstopOf(state: State): Account {
  const account = state.accounts.get(BACKSTOP);
  if (account === undefined) throw new InvariantError("the exchange has lost its backstop");
  return account;
}

export function emit(state: State, event: ExchangeEvent): void {
  for (const listener of state.listeners) listener(event);
}

/** A hash of the wire's form: a number of what happened, not a digest. */
export function nextHash(state: State): Hex {
  state.sequence += 1;
  return `0x${state.sequence.toString(16).padStart(64, "0")}`;
}

/** Appends and forgets the oldest beyond `limit`. */
export function keep<T>(list: T[], item: T, limit: number): void {
  list.push(item);
  if (list.length > limit * 2) list.splice(0, list.length - limit);
}
