import { lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { assetId, type ChainLabel, type EvmCall, type Unknown } from "../../../protocols/effects.ts";
import { encodeConvertToAssets, rateShares } from "../../../protocols/erc4626.ts";
import { unknown } from "../../../protocols/meaning.ts";
import type { Row } from "./read-effects.ts";
import type { Simulation, Watch } from "./simulate.ts";

/** Reads of what each vault's shares redeem, in the order of {@link vaultsOf}: the first watches of a simulation. */
export function vaultWatches(book: ChainBook): readonly Watch[] {
  return vaultsOf(book).map(({ address, decimals }) => ({ to: address, data: encodeConvertToAssets(rateShares(decimals)) }));
}

/**
 * A request after which a share redeems less takes from whoever holds shares, own ones included. A vault that did not say
 * before cannot be held to it: what calls it is refused, and while shares are held what else does not reduce.
 *
 * @param rows - what is held before and after.
 */
export function vaultProblems(
  { chain, book }: { readonly chain: ChainLabel; readonly book: ChainBook },
  { watchedBefore, watchedAfter }: Simulation,
  called: readonly EvmCall[],
  rows: readonly Row[],
): readonly Unknown[] {
  return vaultsOf(book).flatMap(({ symbol, address }, i) => {
    const [before, after] = [watchedBefore[i] ?? null, watchedAfter[i] ?? null];
    if (before === null && called.every(({ to }) => lower(to) !== lower(address))) {
      const held = rows.some((row) => row.asset === assetId(chain, symbol) && !(row.before?.isZero() && row.after?.isZero()));
      return held ? [unknown("VAULT_SILENT", `${symbol} does not say what its shares redeem`)] : [];
    }
    if (before === null || after === null) return [unknown("CANNOT_SIMULATE", `what ${symbol} redeems could not be read`)];
    if (BigInt(after) >= BigInt(before)) return [];
    return [unknown("UNEXPLAINED_EFFECT", `a share of ${symbol} redeems less after the request than before`)];
  });
}

function vaultsOf(book: ChainBook) {
  return Object.entries(book.assets).flatMap(([symbol, asset]) => (asset.kind === "erc4626" ? [{ symbol, ...asset }] : []));
}
