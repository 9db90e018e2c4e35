import type { Instant } from "../../core/clock.ts";
import { fromUnits, max, sum, ZERO } from "../../core/decimal.ts";
import { type ChainLabel, type NoPrice, type Price, type Prices, priceIn } from "../effects.ts";
import type { BookView } from "../protocol.ts";
import { holdingsOf, marketOf, type OwnPosition, pinnedRatio, positionAsset, unitsHeld } from "./position.ts";

/** What each unit of a position (see {@link unitsHeld}) is worth at pinned prices, with what the position is owed. */
export function pricesOfPositions(
  chain: ChainLabel,
  book: BookView,
  prices: Prices,
  positions: readonly OwnPosition[],
  now: Instant,
): Prices {
  return Object.fromEntries(
    positions.map((position) => [positionAsset(chain, position), priceOfPosition(chain, book, prices, position, now)]),
  );
}

function priceOfPosition(
  chain: ChainLabel,
  book: BookView,
  prices: Prices,
  position: OwnPosition,
  now: Instant,
): Price | NoPrice {
  const market = marketOf(chain, book, position);
  // A position in a pool that is not the book's can be anybody's gift: it counts for nothing.
  if (!market || unitsHeld(position) === 0n) return { usd: ZERO, error_bps: ZERO, at: now };
  if (pinnedRatio(market, prices) === undefined) {
    return { missing: "PRICE_UNKNOWN", reason: `a token of position ${position.id} in ${market.pool} has no price` };
  }
  const parts = holdingsOf(chain, book, prices, [position]).map(({ asset, amount }) => ({
    amount,
    price: priceIn(prices, asset),
  }));
  const known = parts.flatMap(({ amount, price }) => (price ? [{ amount, price }] : []));
  const value = sum(known.map(({ amount, price }) => amount.times(price.usd)));
  return {
    usd: value.div(fromUnits(unitsHeld(position), 0)),
    error_bps: max(ZERO, ...known.map(({ price }) => price.error_bps)),
    at: Math.min(...known.map(({ price }) => price.at)),
  };
}
