import type { Decimal } from "../../core/decimal.ts";
import type { AssetId, Effects } from "../../protocols/effects.ts";

/** An amount that a request gives of an asset, in whole tokens; an order's size in coins. */
export interface AssetAmount {
  readonly asset: AssetId;
  readonly amount: Decimal;
}

/** What a request would do that gives less. */
export interface Smaller {
  readonly amounts: readonly AssetAmount[];
  readonly effects: Effects;
}

/** A request by how much it gives. */
export interface Sizes {
  /** What is given of the first asset, in base units. More than 0. */
  readonly whole: bigint;
  /** The same request for `units` of those, and for as much less of everything else. Null: that is too small to be asked for. */
  at(units: bigint): Smaller | null;
}
