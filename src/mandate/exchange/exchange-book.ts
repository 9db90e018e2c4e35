import type { Decimal } from "../../core/decimal.ts";
import type { Network } from "../../protocols/hyperliquid/typed-data.ts";

/** An exchange of a mandate's network, with the markets that the mandate names. Nothing outside it may be traded. */
export interface ExchangeBook {
  readonly kind: "hyperliquid";
  /** The venue's HTTP API without "/info", or "world": the paper exchange that the rehearsal starts. */
  readonly api: string;
  /** Which of the venue's networks signatures are for. A world is a testnet: nothing that it saw is valid on mainnet. */
  readonly network: Network;
  /** By label: "BTC:perp", "HYPE:spot". */
  readonly markets: Readonly<Record<string, MarketEntry>>;
  /** The most that the venue may take of what is traded, in basis points. A higher rate is refused. */
  readonly fee_bps: Readonly<Record<"perp" | "spot", Decimal>>;
  /** The most that funding takes of a position in an hour, in basis points: the venue's own cap. */
  readonly funding_cap_bps: Decimal;
  /** Whether dollars may go from one class of the account to the other: that takes the owner's key in the gateway. Absent: they stay. */
  readonly class_transfers?: true;
  /** After how long without a cycle the venue cancels everything that rests, stops too, in milliseconds. Absent: never. */
  readonly dead_man_switch?: number;
  /** Oldest answer of the venue that counts, in milliseconds. */
  readonly max_age: number;
}

export type MarketEntry = PerpEntry | SpotEntry;

interface EntryOfAny {
  /** The market's name on the wire: "BTC", "@107". */
  readonly coin: string;
  /** The asset's number in actions. */
  readonly asset: number;
  readonly sz_decimals: number;
  /** How far the pinned price may stand from the truth, in basis points. */
  readonly deviation_bps: Decimal;
  /** Below this a market is too thin to open in, USD. */
  readonly min_day_volume_usd: Decimal;
}

export interface PerpEntry extends EntryOfAny {
  readonly kind: "perp";
  /** The dex of a builder, "" for the venue's own. */
  readonly dex: string;
  readonly min_open_interest_usd: Decimal;
}

export interface SpotEntry extends EntryOfAny {
  readonly kind: "spot";
  /** The base token's id at the venue: a name says nothing. */
  readonly token_id: string;
  /** The perpetual whose oracle prices it: a spot market's own book prices nothing. */
  readonly priced_by: string;
}

/** "BTC" of "BTC:perp": what a perpetual and its spot hedge have in common. */
export function underlyingOfMarket(label: string): string {
  const at = label.lastIndexOf(":");
  return at < 0 ? label : label.slice(0, at);
}
