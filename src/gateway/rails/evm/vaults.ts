import { lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { EvmCall, Unknown } from "../../../protocols/effects.ts";
import { encodeConvertToAssets, rateShares } from "../../../protocols/erc4626.ts";
import { unknown } from "../../../protocols/meaning.ts";
import type { Simulation, Watch } from "./simulate.ts";

/** Reads of what each vault's shares redeem, in the order of {@link vaultsOf}: the first watches of a simulation. */
export function vaultWatches(book: ChainBook): readonly Watch[] {
  return vaultsOf(book).map(({ address, decimals }) => ({ to: address, data: encodeConvertToAssets(rateShares(decimals)) }));
}

/**
 * A request after which a share redeems less takes from whoever holds shares, own ones included. A vault that did not say
 * before has no price, and keeps nothing else in: only what calls it is refused.
 */
export function vaultProblems(
  book: ChainBook,
  { watchedBefore, watchedAfter }: Simulation,
  called: readonly EvmCall[],
): readonly Unknown[] {
  return vaultsOf(book).flatMap(({ symbol, address }, i) => {
    const [before, after] = [watchedBefore[i] ?? null, watchedAfter[i] ?? null];
    if (before === null && called.every(({ to }) => lower(to) !== lower(address))) return [];
    if (before === null || after === null) return [unknown("CANNOT_SIMULATE", `what ${symbol} redeems could not be read`)];
    if (BigInt(after) >= BigInt(before)) return [];
    return [unknown("UNEXPLAINED_EFFECT", `a share of ${symbol} redeems less after the request than before`)];
  });
}

function vaultsOf(book: ChainBook) {
  return Object.entries(book.assets).flatMap(([symbol, asset]) => (asset.kind === "erc4626" ? [{ symbol, ...asset }] : []));
}
