import { type Decimal, ZERO } from "../core/decimal.ts";
import type { ChainBook, FeedEntry } from "./book.ts";
import { pricedAs } from "./priced-as.ts";
import type { Terms } from "./terms.ts";

export interface PriceError {
  /** How far the two prices of a trade can be off together, in basis points of what is traded. */
  readonly bps: Decimal;
  /** The two tokens for which it is largest. Null: nothing priced can be traded. */
  readonly pair: readonly [string, string] | null;
}

/** How far a feed's price may stand from the truth, in basis points. */
export function errorOf(feed: FeedEntry): Decimal {
  return feed.kind === "peg" ? feed.band_bps : feed.deviation_bps;
}

/**
 * The error of a trade at pinned prices: that of what is sold and that of what is bought, for the worst
 * two allowed tokens of a chain. To first order, and never below the exact figure.
 */
export function priceError({ book, limits }: Terms): PriceError {
  return Object.values(book.chains).reduce<PriceError>(
    (worst, chain) => {
      const found = worstPair(chain, limits.allowed_tokens);
      return found.bps.gt(worst.bps) ? found : worst;
    },
    { bps: ZERO, pair: null },
  );
}

function worstPair(chain: ChainBook, allowed: readonly string[]): PriceError {
  const errors = allowed.flatMap((symbol) => {
    const feed = chain.feeds[pricedAs(chain, symbol)];
    return chain.assets[symbol] && feed ? [{ symbol, bps: errorOf(feed) }] : [];
  });
  const [first, second] = errors.sort((a, b) => b.bps.comparedTo(a.bps));
  return first && second ? { bps: first.bps.plus(second.bps), pair: [first.symbol, second.symbol] } : { bps: ZERO, pair: null };
}
