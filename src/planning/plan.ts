import type { Decimal } from "../core/decimal.ts";
import type { Limit } from "../mandate/terms.ts";
import type { AccountId, AssetId } from "../protocols/effects.ts";

/** A swap against the numeraire, sized and with its floor, in whole tokens. */
export interface PlannedSwap {
  readonly kind: "swap";
  readonly account: AccountId;
  readonly sell: AssetId;
  readonly buy: AssetId;
  /** What is sold. */
  readonly amount: Decimal;
  /** The least that must come back. */
  readonly floor: Decimal;
}

/** An order at the market's price, within the slippage of the plan. */
export interface PlannedOrder {
  readonly kind: "order";
  readonly account: AccountId;
  readonly market: AssetId;
  readonly side: "buy" | "sell";
  /** In whole coins, a multiple of the lot. */
  readonly size: Decimal;
  readonly type: "market";
  /** Must not make the position larger or turn it round. */
  readonly reduce_only: boolean;
}

/** Dollars between the two classes of one's own account. */
export interface PlannedTransfer {
  readonly kind: "transfer";
  readonly account: AccountId;
  readonly usd: Decimal;
  readonly to: PurseId;
}

export type PlannedOrderIntent = PlannedOrder | PlannedTransfer;

/** Money that is spent from one pot: an account's only one, or its class at a venue that has classes. */
export type PurseId = "spot" | "perp";

/** What a plan is made from: one holding, also when there is nothing of it yet. */
export interface PlanHolding {
  readonly account: AccountId;
  readonly asset: AssetId;
  /** In whole tokens; a multiple of the lot. A short is negative. */
  readonly amount: Decimal;
  /** The lot is 10^-decimals. */
  readonly decimals: number;
  /** USD for a whole token as the mandate pins it. Null: there is no price, so nothing is traded. */
  readonly price_usd: Decimal | null;
  /** USD of the same underlying held elsewhere (the native coin of its wrapped form): counts towards the position. */
  readonly beside_usd: Decimal;
  /** "exit": only sales, for what the mandate does not want any more. "none": part of the value, never traded. */
  readonly trade: "both" | "exit" | "none";
  /** What the market gives and takes for a whole token, its fee included, in USD. Null: not known. */
  readonly market: { readonly sell_usd: Decimal; readonly buy_usd: Decimal } | null;
  /** The venue's fee for trading it, in basis points of the value. */
  readonly fee_bps: Decimal;
}

/** A holding that is traded by orders in a book, against dollars. */
export interface OrderLine extends PlanHolding {
  readonly class: PurseId;
  /** USD of exposure that one USD of margin carries when it grows: 1 for spot. */
  readonly leverage: Decimal;
  /** USD that is tied up in it now: its margin, and for spot what a reduction sets free is its value. */
  readonly margin_usd: Decimal;
  /** USD of margin that it takes to bring what is held now to that leverage, before it can grow. */
  readonly top_up_usd: Decimal;
  /** What stands in the book, best first. Null: not known. */
  readonly book: Book | null;
}

/** One price of a book: USD for a whole coin, and how many coins stand there. */
export interface BookLevel {
  readonly price: Decimal;
  readonly size: Decimal;
}

export interface Book {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** What a plan by orders keeps to beside {@link PlanRules}. */
export interface OrderRules extends PlanRules {
  /** What the portfolio is worth, in USD: exposure on margin is no part of it. Null: not known. */
  readonly value_usd: Decimal | null;
  /** What each class can spend, in USD, its reserve taken off. Negative: it is short of its reserve. */
  readonly purses: Readonly<Record<PurseId, Decimal>>;
  /** Whether dollars may be moved between the classes: that takes the owner's key. */
  readonly transfers: boolean;
  /** The most that weights may sum to without their signs: the mandate's leverage. */
  readonly most_gross: Decimal;
  /** The least that the venue takes as an order, in USD at the order's own limit. */
  readonly least_order_usd: Decimal;
  /** Whether the venue takes a smaller order where it closes the position whole. */
  readonly closes_below_least: boolean;
}

/** How much more may be traded in one direction, and the limit that says so. */
export interface Cap {
  readonly limit: string;
  readonly left_usd: Decimal;
}

export interface PlanRules {
  /** The holding that everything is traded against. */
  readonly numeraire: { readonly account: AccountId; readonly asset: AssetId };
  /** Deviations below this many points of portfolio value are left alone; one exactly at it acts. */
  readonly threshold_points: Decimal;
  readonly min_trade_usd: Decimal;
  /** How far below the pinned price a floor stands, in basis points. */
  readonly slippage_bps: Decimal;
  /** Numeraire that buys leave untouched, for fees, in USD. */
  readonly reserve_usd: Decimal;
  /** Gas of one swap as an estimate, in USD. */
  readonly gas_usd: Decimal;
  readonly caps: { readonly sells: readonly Cap[]; readonly buys: readonly Cap[]; readonly max_position_usd: Limit };
}

export interface PlanStep<I> {
  readonly intent: I;
  readonly reason: string;
  /** "buy": cash becomes exposure, long or short. "sell": it comes back. Null: neither, or not known. */
  readonly direction: "buy" | "sell" | null;
  /** Venue fee and gas, estimated. Null: not estimated. */
  readonly cost_usd: Decimal | null;
  /** What is traded, at the pinned price. Null: not known. */
  readonly value_usd: Decimal | null;
}

export type SkipReason =
  | "below-threshold"
  | "below-minimum"
  | "no-price"
  | "exit-only"
  | "not-tradable"
  | "other-account"
  | "no-cash"
  | "limit"
  | "market-away"
  /** It has to be closed before it can be turned round, and closing it is left out. */
  | "not-closed"
  /** Money stands in the other class, and moving it takes a key that is not here. */
  | "no-transfer"
  /** What was seen is too old to open anything upon. */
  | "stale";

/** A deviation that the plan leaves. */
export interface Skipped {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly reason: SkipReason;
  /** For people: the figures behind the reason. */
  readonly detail: string;
  /** Target less current weight, signed; null when there is no price to tell. */
  readonly deviation: Decimal | null;
}

/** A trade that is smaller than the target asks for. */
export interface Clipped {
  readonly account: AccountId;
  readonly asset: AssetId;
  /** "cash", or the limit's name. */
  readonly reason: string;
  readonly wanted_usd: Decimal;
  readonly planned_usd: Decimal;
}

/** Ordered steps: a forecast. Only the first is requested, then the plan is made anew from what is. */
export interface Plan<I> {
  readonly steps: readonly PlanStep<I>[];
  readonly skipped: readonly Skipped[];
  readonly clipped: readonly Clipped[];
  /** Portfolio value at pinned prices. Null: something that is held has no price. */
  readonly value_usd: Decimal | null;
  /** Sum of the steps' estimated costs. */
  readonly cost_usd: Decimal;
  /** The plan in one line, for people. */
  readonly line: string;
}
