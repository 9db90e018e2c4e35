import { pricedAs } from "./priced-as.ts";
import type { Terms } from "./terms.ts";

/** What there can be exposure to, in USD, by chain: allowed tokens with a price, cash left out, a native coin and its wrapped form as one. */
export function pricedRisky({ limits, numeraire, book }: Terms): readonly string[] {
  const underlying = Object.entries(book.chains).flatMap(([chain, entry]) =>
    limits.allowed_tokens
      .map((token) => pricedAs(entry, token))
      .filter((token) => token !== numeraire && entry.assets[token] && entry.feeds[token])
      .map((token) => `${chain}/${token}`),
  );
  return [...new Set(underlying)];
}
