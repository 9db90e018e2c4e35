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

/** What a plan is made from: one holding, also when there is nothing of it yet. */
export interface PlanHolding {
  readonly account: AccountId;
  readonly asset: AssetId;
  /** In whole tokens; a multiple of the lot. */
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
  /** Out of cash or into it. Null: neither, or not known. */
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
  | "market-away";

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
