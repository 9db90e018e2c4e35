import { above, type Bound, boundOf } from "./bound.ts";
import type { Terms } from "./terms.ts";

/**
 * Chains that a single endpoint speaks for though the accounts hold, or may hold, more than `two_rpcs_above_usd`. Exactly
 * so much passes. A world needs none.
 *
 * @param value - what is at stake, in USD.
 */
export function needsTwoRpcs({ book, limits }: Pick<Terms, "book" | "limits">, value: Bound): readonly string[] {
  if (!above(value, boundOf(limits.two_rpcs_above_usd))) return [];
  return chainsOfOneHost(book);
}

/** Real chains for which one host alone speaks, however many of its URLs are named. */
export function chainsOfOneHost({ chains }: Terms["book"]): readonly string[] {
  return Object.entries(chains).flatMap(([chain, { rpc, witnesses }]) =>
    rpc === "world" || new Set([rpc, ...witnesses].map((url) => new URL(url).hostname)).size > 1 ? [] : [chain],
  );
}
