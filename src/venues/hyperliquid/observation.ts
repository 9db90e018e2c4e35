import type { Instant } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import type { Hex } from "../../core/hex.ts";
import type { Book } from "../../planning/plan.ts";
import type { AssetId } from "../../protocols/effects.ts";
import type { Observation } from "../venue.ts";
import type { MarketPin } from "./scope.ts";

/** A market of the mandate as it stands. */
export interface SeenMarket {
  readonly asset: AssetId;
  readonly pin: MarketPin;
  /** The token that a spot market trades, as the venue numbers it. Null: a perpetual, or not known. */
  readonly token: { readonly name: string; readonly index: number } | null;
  /** The oracle's price, by which everything is judged. Null: there is none. */
  readonly price_usd: Decimal | null;
  readonly mark_usd: Decimal | null;
  readonly mid_usd: Decimal | null;
  /** What longs pay shorts for an hour, as a share of the position. Null: spot. */
  readonly funding_hour: Decimal | null;
  readonly open_interest_usd: Decimal | null;
  readonly day_volume_usd: Decimal;
  /** The venue's highest leverage for it. 1 for spot. */
  readonly max_leverage: number;
  readonly fee_bps: Decimal;
  /** Null: it could not be read. */
  readonly book: Book | null;
  /** When the venue last spoke of the book. */
  readonly book_at: Instant | null;
  /** Why nothing is opened in it, and whether it can still be closed. Null: it trades. */
  readonly problem: { readonly reason: string; readonly closes: boolean } | null;
}

/** What is held in a market. */
export interface SeenPosition {
  readonly asset: AssetId;
  /** Whole coins; a short is negative. */
  readonly size: Decimal;
  /** Whole coins that no resting order holds back. */
  readonly available: Decimal;
  /** USD for a coin. Null: spot. */
  readonly entry_usd: Decimal | null;
  readonly unrealised_usd: Decimal | null;
  readonly margin_usd: Decimal;
  /** Null: spot. */
  readonly leverage: { readonly value: number; readonly mode: "isolated" | "cross" } | null;
  readonly liquidation_usd: Decimal | null;
  /** Funding paid (positive) since it was opened. Null: spot. */
  readonly funding_usd: Decimal | null;
}

/** An order that rests. */
export interface SeenOrder {
  readonly asset: AssetId;
  readonly id: number;
  readonly cloid: Hex | null;
  readonly side: "buy" | "sell";
  /** Whole coins that are not filled. */
  readonly size: Decimal;
  readonly price_usd: Decimal;
  readonly reduce_only: boolean;
  /** What sets it off. Null: it stands in the book. */
  readonly trigger_usd: Decimal | null;
  readonly placed_at: Instant;
}

/** An account at Hyperliquid. `at` is when the venue said so. */
export interface HyperliquidObservation extends Observation {
  /** Why this must not be opened upon, and how old it is in milliseconds. Null: it is fresh. */
  readonly stale: { readonly reason: string; readonly age: number } | null;
  /** Perpetuals' equity, profit and loss included. */
  readonly account_value_usd: Decimal;
  readonly withdrawable_usd: Decimal;
  readonly margin_used_usd: Decimal;
  /** Dollars in spot, and what resting orders hold back of them. */
  readonly spot_usd: { readonly total: Decimal; readonly hold: Decimal };
  readonly markets: readonly SeenMarket[];
  readonly positions: readonly SeenPosition[];
  readonly orders: readonly SeenOrder[];
}
