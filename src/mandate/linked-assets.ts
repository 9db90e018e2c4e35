import type { AssetId } from "../protocols/effects.ts";
import type { Book } from "./book.ts";
import { pricedAs } from "./priced-as.ts";
import { WARP_ROUTE } from "./warp-routes.ts";

/** By book, which never changes. */
const known = new WeakMap<Book, ReadonlyMap<AssetId, AssetId>>();

/**
 * The one name of an asset that warp routes carry between chains under the same symbol: it is one exposure, wherever it
 * lies. What a route turns into another symbol is another asset, at its own price.
 */
export function linkedAsset(book: Book, asset: AssetId): AssetId {
  let links = known.get(book);
  if (links === undefined) {
    links = linksOf(book);
    known.set(book, links);
  }
  return links.get(asset) ?? asset;
}

function linksOf({ chains }: Book): ReadonlyMap<AssetId, AssetId> {
  const groups: Set<AssetId>[] = [];
  for (const [chain, entry] of Object.entries(chains)) {
    for (const { kind, token = "", to = {} } of Object.values(entry.contracts)) {
      if (kind !== WARP_ROUTE) continue;
      for (const [other, router] of Object.entries(to)) {
        const there = chains[other];
        const symbol = pricedAs(entry, token);
        if (!there || symbol !== pricedAs(there, there.contracts[router]?.token ?? "")) continue;
        join(groups, `${chain}/${symbol}`, `${other}/${symbol}`);
      }
    }
  }
  const order = Object.keys(chains);
  const rank = (asset: AssetId) => order.indexOf(asset.slice(0, asset.indexOf("/")));
  return new Map(
    groups.flatMap((group) => {
      const [first] = [...group].sort((a, b) => rank(a) - rank(b));
      return [...group].flatMap((asset): readonly (readonly [AssetId, AssetId])[] =>
        first === undefined ? [] : [[asset, first]],
      );
    }),
  );
}

function join(groups: Set<AssetId>[], one: AssetId, other: AssetId): void {
  const touched = groups.filter((group) => group.has(one) || group.has(other));
  const joined = new Set([one, other, ...touched.flatMap((group) => [...group])]);
  for (const group of touched) groups.splice(groups.indexOf(group), 1);
  groups.push(joined);
}
