import { type Decimal, isAbove0, plus, times, ZERO } from "../core/decimal.ts";
import { type AssetId, type Delta, type Holding, type Prices, priceIn } from "../protocols/effects.ts";
import type { AssetTerms } from "./asset-terms.ts";

/** A delta that is not nothing, with what the terms and the pinned prices say of its asset. */
export interface Move extends Delta {
  readonly of: AssetTerms;
  /** USD for a whole token. Null: there is no price. */
  readonly usd: Decimal | null;
  /** `least` in USD; 0 where there is no price. */
  readonly least_usd: Decimal;
}

/** How the request moves one underlying that is not cash, native coin and its wrapped form (one for one) counted as one. */
export interface Exposure {
  readonly underlying: AssetId;
  readonly symbol: string;
  /** Whole tokens held before. */
  readonly before: Decimal;
  /** Whole tokens that may still arrive from another chain, and count as held no more. */
  readonly coming: Decimal;
  /** Signed change in whole tokens: what the bytes allow at worst, and what the simulation saw. */
  readonly least: Decimal;
  readonly most: Decimal | "unbounded";
  /** USD for a whole token; 0 where there is no price. */
  readonly usd: Decimal;
  /** `least` in USD. */
  readonly least_usd: Decimal;
}

type AssetOf = (asset: AssetId) => AssetTerms;

/** One for each underlying but cash that is moved, in the order of the moves. */
export function computeExposures(
  moves: readonly Move[],
  before: readonly Holding[],
  prices: Prices,
  assetOf: AssetOf,
  coming: readonly Pick<Holding, "asset" | "amount">[] = [],
): readonly Exposure[] {
  let exposures: readonly Exposure[] = NONE;
  for (const move of moves) {
    const { underlying, cash } = move.of;
    if (cash) continue;
    const known = exposures.find((one) => one.underlying === underlying);
    const held = known?.before ?? heldOf(underlying, before, prices, assetOf);
    const moved = exposureTo(move, prices, held, known?.coming ?? heldOf(underlying, coming, prices, assetOf));
    if (known !== undefined) exposures = exposures.map((one) => (one === known ? together(known, moved) : one));
    else exposures = exposures === NONE ? [moved] : [...exposures, moved];
  }
  return exposures;
}

const NONE: readonly Exposure[] = [];

function exposureTo(
  { asset, least, most, least_usd, usd, of }: Move,
  prices: Prices,
  before: Decimal,
  coming: Decimal,
): Exposure {
  const { underlying, underlyingSymbol: symbol } = of;
  if (asset === underlying) return { underlying, symbol, before, coming, least, most, usd: usd ?? ZERO, least_usd };
  const atLeast = throughTo(underlying, prices, asset, least);
  const atMost = most === "unbounded" ? most : throughTo(underlying, prices, asset, most);
  // Without a price of the underlying, amounts stand for themselves.
  const price = priceIn(prices, underlying)?.usd ?? usd ?? ZERO;
  return { underlying, symbol, before, coming, least: atLeast, most: atMost, usd: price, least_usd: times(atLeast, price) };
}

function together(one: Exposure, other: Exposure): Exposure {
  return {
    ...one,
    least: plus(one.least, other.least),
    most: one.most === "unbounded" || other.most === "unbounded" ? "unbounded" : plus(one.most, other.most),
    least_usd: plus(one.least_usd, other.least_usd),
  };
}

/** Whether an exposure can be higher after the request. */
export function rises({ most }: Exposure): boolean {
  return most === "unbounded" || isAbove0(most);
}

function heldOf(
  underlying: AssetId,
  holdings: readonly Pick<Holding, "asset" | "amount">[],
  prices: Prices,
  assetOf: AssetOf,
): Decimal {
  let held = ZERO;
  for (const { asset, amount } of holdings) {
    if (!amount.isZero() && assetOf(asset).underlying === underlying)
      held = plus(held, throughTo(underlying, prices, asset, amount));
  }
  return held;
}

/** An amount of an asset in whole tokens of its underlying. */
function throughTo(underlying: AssetId, prices: Prices, asset: AssetId, amount: Decimal): Decimal {
  if (asset === underlying || amount.isZero()) return amount;
  const [own, other] = [priceIn(prices, asset), priceIn(prices, underlying)];
  return !own || !other || other.usd.isZero() ? amount : times(amount, own.usd).div(other.usd);
}
