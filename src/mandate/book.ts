import type { Decimal } from "../core/decimal.ts";
import type { Address } from "../core/hex.ts";
import type { ChainLabel } from "../protocols/effects.ts";
import type { ExchangeBook } from "./exchange/exchange-book.ts";

/** Everything on a network that a mandate names, by label. Nothing outside it may be touched. */
export interface Book {
  readonly chains: Readonly<Record<ChainLabel, ChainBook>>;
  readonly exchanges: Readonly<Record<ChainLabel, ExchangeBook>>;
}

export interface ChainBook {
  readonly id: number;
  /** A JSON-RPC URL, or "world": the endpoint of the world that the rehearsal starts. */
  readonly rpc: string;
  /** More JSON-RPC URLs of the same chain: what they do not all say is believed of none. */
  readonly witnesses: readonly string[];
  /** Blocks after which an inclusion counts as final, at least 1. */
  readonly confirmations: number;
  /** Seconds between blocks, for what the next block's time will be. */
  readonly block_seconds: number;
  readonly native: { readonly symbol: string; readonly priced_as: string };
  readonly assets: Readonly<Record<string, AssetEntry>>;
  readonly contracts: Readonly<Record<string, ContractEntry>>;
  readonly pools: Readonly<Record<string, PoolEntry>>;
  readonly feeds: Readonly<Record<string, FeedEntry>>;
}

export interface AssetEntry {
  readonly address: Address;
  readonly decimals: number;
  readonly kind: "erc20" | "weth9" | "erc4626";
  /** For shares of a vault: the symbol of what they redeem. */
  readonly of?: string;
}

export interface ContractEntry {
  readonly kind: string;
  readonly address: Address;
  /** Of a Hyperlane mailbox: the number that its chain goes by there. */
  readonly domain?: number;
  /** Of a warp route: the symbol of what it sends, or the native coin's; the mailbox by label; and by chain label the router that it sends to, by its label there. */
  readonly token?: string;
  readonly mailbox?: string;
  readonly to?: Readonly<Record<ChainLabel, string>>;
  /** Of a warp route: message units for a base unit of its token, "numerator/denominator". Left out: one. */
  readonly scale?: string;
}

/** A Uniswap v3 pool; `fee` in hundredths of a basis point (500 = 0.05 %). The label names its tokens: "WETH-USDC". */
export interface PoolEntry {
  readonly kind: "uniswap-v3-pool";
  readonly address: Address;
  readonly fee: number;
  readonly tokens: readonly [string, string];
}

/** What a feed's answer is held against beside its own age, where the book says so. */
export interface FeedChecks {
  /** The least and the most that can be true, in USD: beyond them the feed has failed. */
  readonly min?: Decimal;
  readonly max?: Decimal;
  /** The uptime feed of a layer 2's sequencer; `grace` is the time after a restart in which prices do not count, in milliseconds. */
  readonly sequencer?: { readonly address: Address; readonly grace: number };
  /** A pinned pool whose mean price over `window` milliseconds must be within the feed's own error and `band_bps`. */
  readonly twap?: { readonly pool: string; readonly window: number; readonly band_bps: Decimal };
}

export type FeedEntry = FeedChecks & FeedSource;

type FeedSource =
  | {
      readonly kind: "chainlink";
      readonly address: Address;
      /** Oldest answer that counts, in milliseconds. */
      readonly max_age: number;
      /** How far the truth may be before the feed answers anew. */
      readonly deviation_bps: Decimal;
    }
  | {
      readonly kind: "peg";
      /** USD for a whole token. */
      readonly peg: Decimal;
      /** How far the feed may stand from the peg before increases are denied. */
      readonly band_bps: Decimal;
      readonly address: Address;
      readonly max_age: number;
    };
