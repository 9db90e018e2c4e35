import { BPS, type Decimal, decimal, max, min, ONE, sum, ZERO } from "../../../core/decimal.ts";
import type { AssetId } from "../../../protocols/effects.ts";
import { liquidationPrice, maintenanceMargin } from "../../../protocols/hyperliquid/margin.ts";
import type { PerpCase, PerpCases } from "./perp-cases.ts";

const HUNDRED = decimal(100);

/**
 * How far marks may move until something is liquidated, in percent, of every perpetual for which there is such a move.
 *
 * Each is told of its worst case by itself, so that none hides behind one that is nearer. Positions on cross margin have one
 * distance together: all of their marks move against them at once, with margin for isolated positions and all costs gone
 * from the account before. A single mark that moves as far does less.
 *
 * @param crossEquity - the account's value on cross margin at the marks, USD.
 */
export function liquidationDistances(perps: readonly PerpCases[], crossEquity: Decimal): Readonly<Record<AssetId, Decimal>> {
  const isolated = perps
    .filter(({ cross }) => !cross)
    .flatMap((one) => {
      const each = one.cases.flatMap((state) => distanceOf(one, state) ?? []);
      return each.length === 0 ? [] : [[one.asset, each.reduce((least, next) => min(least, next))] as const];
    });
  const together = perps.filter(({ cross, cases }) => cross && cases.some(({ size }) => !size.isZero()));
  if (together.length === 0) return Object.fromEntries(isolated);
  const left = crossEquity.minus(sum(perps.map(leaves)));
  const joint = jointDistance(together, left);
  return Object.fromEntries([...isolated, ...(joint === null ? [] : together.map(({ asset }) => [asset, joint] as const))]);
}

/** What of the account goes elsewhere whatever marks do: margin of isolated positions, and what closing costs. */
function leaves({ cross, cases, closing }: PerpCases): Decimal {
  if (cross) return closing;
  const drawn = cases.reduce((most, one) => max(most, one.drawn), ZERO);
  return drawn.plus(closing).plus(sum(cases.map(({ cost }) => cost)));
}

/** The largest joint move against every position that the account stands, to a hundredth of a percent downwards. Null: any. */
function jointDistance(perps: readonly PerpCases[], equity: Decimal): Decimal | null {
  if (perps.some(({ mark }) => mark.isZero())) return ZERO;
  const stands = (bps: number) => equity.gt(sum(perps.map((one) => atWorst(one, decimal(bps).div(BPS)))));
  let [least, most] = [0, BPS.toNumber()];
  if (stands(most)) return null;
  if (!stands(least)) return ZERO;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (stands(middle)) least = middle;
    else most = middle;
  }
  return decimal(least).div(HUNDRED);
}

/** What the worst case of a market takes of the account's equity when its mark has moved by a share: loss and maintenance. */
function atWorst({ cases, mark, tiers }: PerpCases, move: Decimal): Decimal {
  return cases.reduce((most, { size, cost }) => {
    if (size.isZero()) return max(most, cost);
    const value = size.abs().times(mark);
    const then = value.times(size.isPositive() ? ONE.minus(move) : ONE.plus(move));
    const kept = tiers.length === 0 ? then : maintenanceMargin(then, tiers);
    return max(most, value.times(move).plus(kept).plus(cost));
  }, ZERO);
}

/** Of one isolated position by itself. Null: no move liquidates it. */
function distanceOf({ mark, tiers }: PerpCases, { size, equity }: PerpCase): Decimal | null {
  if (size.isZero()) return null;
  if (mark.isZero() || tiers.length === 0) return ZERO;
  const at = liquidationPrice({ size, price: mark, equity, tiers });
  if (at === null) return size.isPositive() ? null : ZERO;
  const away = size.isPositive() ? mark.minus(at) : at.minus(mark);
  return max(ZERO, away.times(HUNDRED).div(mark));
}
