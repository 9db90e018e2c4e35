import type { Decimal } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import { type AccountId, type AssetId, assetId, type ChainLabel } from "../../protocols/effects.ts";

/** A market as the mandate pins it: by what the venue calls it, its number, its lot and, for spot, its token. */
export type MarketPin =
  | {
      readonly kind: "perp";
      /** The dex of a builder, "" for the venue's own. */
      readonly dex: string;
      readonly coin: string;
      readonly asset: number;
      readonly sz_decimals: number;
    }
  | {
      readonly kind: "spot";
      readonly coin: string;
      readonly asset: number;
      readonly sz_decimals: number;
      readonly token_id: string;
      /** The perpetual whose oracle prices it, by its name on the wire. */
      readonly priced_by: string;
    };

/** What an agent may look at and want at Hyperliquid. */
export interface HyperliquidScope {
  /** The venue's label in the mandate's book: "hl". */
  readonly label: ChainLabel;
  /** The account that trades: the master's address, never an API wallet's. */
  readonly account: { readonly label: AccountId; readonly address: Address };
  /** By label: "BTC:perp", "HYPE:spot". */
  readonly markets: Readonly<Record<string, MarketPin>>;
  /** How far from the pinned price a market order may fill, in basis points. */
  readonly slippage_bps: Decimal;
  /** The leverage that new positions are margined at: a whole number, at least 1. */
  readonly leverage: number;
  readonly margin: "isolated" | "cross";
  /** The most that weights may sum to without their signs, cash included. */
  readonly most_gross: Decimal;
  /** Whether there is an owner's key that moves dollars between spot and perpetuals. */
  readonly transfers: boolean;
  /** Whether the venue takes less than its minimum where a position is closed whole: accounts of that differ. */
  readonly closes_below_least: boolean;
  /** Perpetuals keep this many times the margin in use before money may go to spot. */
  readonly margin_ratio: Decimal;
  /** Dollars that spot keeps back. */
  readonly spot_buffer_usd: Decimal;
  /** Oldest state of the venue that something may be opened upon, in milliseconds. */
  readonly max_age: number;
}

/** The one cash of the venue, in both of its classes. */
export function cashOf({ label }: Pick<HyperliquidScope, "label">): AssetId {
  return assetId(label, "USDC");
}
