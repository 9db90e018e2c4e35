import { type Decimal, max, min, roundDown, roundUp, ZERO } from "../core/decimal.ts";

/** Money to move from one purse to another, in USD. */
export interface Move<P extends string> {
  readonly from: P;
  readonly to: P;
  readonly usd: Decimal;
}

const USD_PLACES = 6;
const CENTS = 2;

/**
 * What to move so that each purse has what it needs, as far as the others have more than they need; a purse below
 * nothing is filled up too. Moves of less than `least` USD are not made.
 */
export function moveMoney<P extends string>(
  free: ReadonlyMap<P, Decimal>,
  needs: ReadonlyMap<P, Decimal>,
  least: Decimal,
): readonly Move<P>[] {
  const need = (purse: P): Decimal => needs.get(purse) ?? ZERO;
  const spare = new Map([...free].map(([purse, usd]) => [purse, roundDown(max(ZERO, usd.minus(need(purse))), USD_PLACES)]));
  const moves: Move<P>[] = [];
  for (const [to, usd] of free) {
    let missing = roundUp(max(ZERO, need(to).minus(usd)), CENTS);
    for (const [from, over] of spare) {
      const moved = min(missing, over);
      if (from === to || moved.lt(least)) continue;
      moves.push({ from, to, usd: moved });
      spare.set(from, over.minus(moved));
      missing = missing.minus(moved);
    }
  }
  return moves;
}
