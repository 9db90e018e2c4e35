import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { Entry } from "../journal/journal.ts";
import type { AssetId, Holding } from "../protocols/effects.ts";
import type { WalletId } from "./contract.ts";

/** What may be looked at beside the contract's six calls. Reads of the chain have a rate: RATE_LIMITED past it. */
export interface GatewayReads {
  /** What the pinned terms permit: the keys of docs/limits.md. */
  limits(wallet: WalletId): Promise<WalletLimits>;
  /** From the feeds that the mandate pins. */
  prices(wallet: WalletId): Promise<MarketPrices>;
  /** What the own accounts hold, as the chains say. */
  holdings(wallet: WalletId): Promise<MarketHoldings>;
  health(): Promise<GatewayHealth>;
  /** Entries of the wallet's stream after `after` (0 unless told): those that stand, then those that come. */
  watch(wallet: WalletId, options?: WatchOptions): AsyncIterable<Entry>;
}

export interface WatchOptions {
  readonly after?: number;
  /** Ends it. Without one it never ends. */
  readonly signal?: AbortSignal;
}

export interface WalletLimits {
  readonly wallet: WalletId;
  readonly terms_hash: string;
  readonly limits: { readonly [key: string]: Json };
}

export interface MarketPrices {
  readonly wallet: WalletId;
  readonly now: Instant;
  readonly prices: readonly AssetPrice[];
}

/** A price, or why there is none: then `usd` is null and `missing` is not. */
export interface AssetPrice {
  readonly asset: AssetId;
  readonly usd: Decimal | null;
  /** How far the feed may stand from the truth, in basis points, either way. */
  readonly error_bps: Decimal | null;
  /** When the source said so, and how long before `now` that was, in milliseconds. */
  readonly at: Instant | null;
  readonly age_ms: number | null;
  /** The feed of the mandate's book, "base/WETH"; null for what no feed prices, such as a position. */
  readonly source: string | null;
  readonly missing: string | null;
  readonly reason: string | null;
}

export interface MarketHoldings {
  readonly wallet: WalletId;
  readonly now: Instant;
  readonly holdings: readonly Holding[];
}

export interface GatewayHealth {
  readonly wallet: WalletId;
  readonly now: Instant;
  /** The last entry's number. */
  readonly seq: number;
  /** The stop's code. */
  readonly stopped: string | null;
}
