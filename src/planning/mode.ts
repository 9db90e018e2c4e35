import type { Decimal } from "../core/decimal.ts";
import type { AccountId, AssetId } from "../protocols/effects.ts";
import type { PlanHolding } from "./plan.ts";

export type Priced<L extends PlanHolding> = L & { readonly price_usd: Decimal };

/** A trade that a mode could make. */
export interface Trade<I> {
  readonly intent: I;
  /** What is traded, at the pinned price. */
  readonly value_usd: Decimal;
  /** What the purse gains for certain, or loses at most (negative). */
  readonly money_usd: Decimal;
  readonly cost_usd: Decimal;
  /** What the market gives for it, in USD at the pinned price. Null: not known. */
  readonly expected_usd: Decimal | null;
  /** Nothing smaller is sent, in USD. Null: no minimum holds, the plan's own neither. */
  readonly least_usd: Decimal | null;
}

/**
 * How a kind of venue trades: what the planner asks of it. Sizes that it returns are whole lots, and never more
 * than was asked for. All amounts are in USD.
 */
export interface Mode<L extends PlanHolding, I, P extends string> {
  /** The cash that everything is traded against: it has a weight and is never traded itself. */
  readonly cash: { readonly account: AccountId; readonly asset: AssetId };
  /** What the portfolio is worth. Null: not known, so nothing is planned. */
  readonly value_usd: Decimal | null;
  /** The most that weights may sum to without their signs. */
  readonly most_gross: Decimal;
  readonly purses: ReadonlyMap<P, Decimal>;
  readonly purseOf: (line: L) => P;
  readonly shortable: (line: L) => boolean;
  /** Takes `usd` of its absolute value off a holding, or all of it. Null: not a whole lot. */
  readonly reduce: (line: Priced<L>, usd: Decimal, whole: boolean) => Trade<I> | null;
  /** Adds `usd` of absolute value to a holding. Null: not a whole lot. */
  readonly increase: (line: Priced<L>, usd: Decimal, side: "long" | "short") => Trade<I> | null;
  /** The increase that a purse can pay for. */
  readonly affords: (line: Priced<L>, purse: Decimal) => Decimal;
  /** Moves money between purses. Null: nobody here may; then the plan says what it misses. */
  readonly transfer: ((to: P, usd: Decimal) => I) | null;
}
