import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { AssetId } from "./effects.ts";

/** An order as its bytes bound it. */
export interface OrderEffect {
  /** The market's asset: "hl/BTC:perp". */
  readonly asset: AssetId;
  readonly side: "buy" | "sell";
  /** In coins. */
  readonly size: Decimal;
  /** The worst price that it can fill at, in USD for a coin. */
  readonly price: Decimal;
  readonly reduceOnly: boolean;
  /** What sets it off. Null: it is live at once. */
  readonly trigger: { readonly price: Decimal; readonly kind: "tp" | "sl" } | null;
  /** Whether it may rest in the book: everything but immediate-or-cancel. */
  readonly rests: boolean;
}

/** Whether an order can make an exposure larger: a perpetual's that is not reduce-only, a purchase in a spot market. */
export function opens({ reduceOnly, side }: OrderEffect, kind: "perp" | "spot"): boolean {
  return kind === "perp" ? !reduceOnly : side === "buy";
}

/** What one action of a request does at an exchange. */
export type ExchangeMove =
  | { readonly do: "order"; readonly order: OrderEffect }
  /** A modify: until it is looked up, either of both may stand. */
  | { readonly do: "replace"; readonly order: OrderEffect; readonly protective: boolean }
  /** `protective`: it takes away an order that would have closed a position, or loosens one. */
  | { readonly do: "cancel"; readonly protective: boolean }
  | { readonly do: "leverage"; readonly asset: AssetId; readonly leverage: Decimal; readonly isolated: boolean }
  /** Margin of an isolated position, in USD; negative: taken out of it. */
  | { readonly do: "margin"; readonly asset: AssetId; readonly usd: Decimal }
  /** Dollars between the account's own classes. */
  | { readonly do: "transfer"; readonly usd: Decimal; readonly to: "perp" | "spot" }
  /** Everything that rests is cancelled at an instant, stops included. Null: that is called off. */
  | { readonly do: "schedule-cancel"; readonly at: Instant | null };

/** Sizes of orders that rest, in coins, at least 0. */
export interface Resting {
  readonly opening_buys: Decimal;
  readonly opening_sells: Decimal;
  /** Reduce-only ones, stops among them. */
  readonly closing_buys: Decimal;
  readonly closing_sells: Decimal;
}

/** A market where something is held, rests, or is asked for, before the request. */
export interface MarketStanding {
  readonly asset: AssetId;
  readonly kind: "perp" | "spot";
  /** The coin whose price it follows: a perp and its spot hedge have one. */
  readonly underlying: string;
  /** Signed, in coins. */
  readonly position: Decimal;
  readonly resting: Resting;
  /** As it is set after the request. Null for spot. */
  readonly leverage: { readonly value: Decimal; readonly isolated: boolean } | null;
}

/** The account after the request and after all resting orders have filled at their worst. */
export interface AccountFigures {
  readonly value_usd: Decimal;
  /** Notional of all perps for each dollar of the account. */
  readonly leverage: Decimal;
  /** What liquidations can take: margins of isolated positions, the whole account where one is cross. */
  readonly margin_at_risk_usd: Decimal;
  /** Of the position that is nearest to it: how far the mark may move, in percent. Null: none can be liquidated. */
  readonly liquidation_distance_pct: Decimal | null;
  /**
   * The same of every perpetual that can be liquidated. Of an isolated one by what its own mark does; of those on cross
   * margin, which stand and fall together, by all of their marks at once.
   */
  readonly liquidation_distances: Readonly<Record<AssetId, Decimal>>;
  readonly open_orders: number;
  /** Requests that the venue still takes from this account, as a share of what it ever took, 0 to 1. Null: not known. */
  readonly quota_left: Decimal | null;
}

/** What a request does at an exchange: what its bytes say, and where the account then stands. */
export interface ExchangeEffects {
  readonly moves: readonly ExchangeMove[];
  readonly markets: readonly MarketStanding[];
  readonly before: Omit<AccountFigures, "quota_left">;
  readonly after: AccountFigures;
  /** Orders and cancels of reducing requests that lately took nothing away, since the last that did. */
  readonly idle_exits: number;
  /** What the venue takes of what is traded by a taker, in basis points. */
  readonly fee_bps: Readonly<Record<"perp" | "spot", Decimal>>;
}
