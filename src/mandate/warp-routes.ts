import type { Address } from "../core/hex.ts";
import { assetId, type ChainLabel } from "../protocols/effects.ts";
import type { WarpEnd, WarpRoute, WarpType } from "../protocols/hyperlane/warp-routes.ts";
import type { Book, ChainBook, ContractEntry } from "./book.ts";

export const WARP_ROUTE = "hyperlane-warp-route";
/** "1000000000000/1": both whole numbers above zero. */
export const SCALE = /^[1-9]\d{0,77}\/[1-9]\d{0,77}$/;
/** What a router of native coin says that its token is. */
const NATIVE: Address = `0x${"0".repeat(40)}`;

/** The routes of one chain of a book, with both their ends. What does not fit together in the book is none. */
export function warpRoutesOf({ chains }: Pick<Book, "chains">, chain: ChainLabel): readonly WarpRoute[] {
  const entry = chains[chain];
  if (!entry) return [];
  return Object.entries(entry.contracts).flatMap(([label, contract]): readonly WarpRoute[] => {
    const end = endOf(chain, entry, label, contract);
    if (!end) return [];
    const to = Object.entries(contract.to ?? {}).flatMap(([other, router]): readonly (readonly [ChainLabel, WarpEnd])[] => {
      const there = chains[other];
      const found = there?.contracts[router];
      const far = there && found && other !== chain ? endOf(other, there, router, found) : undefined;
      return far ? [[other, far]] : [];
    });
    return [{ ...end, to: Object.fromEntries(to) }];
  });
}

function endOf(chain: ChainLabel, book: ChainBook, label: string, contract: ContractEntry): WarpEnd | undefined {
  const { kind, address, token = "", mailbox = "", scale = "1/1" } = contract;
  const box = book.contracts[mailbox];
  const asset = book.assets[token];
  const native = token === book.native.symbol;
  if (kind !== WARP_ROUTE || box?.domain === undefined || !(asset || native)) return undefined;
  const [numerator = "1", denominator = "1"] = scale.split("/");
  return {
    chain,
    label,
    address,
    type: native ? "native" : typeOf(asset?.address, address),
    asset: assetId(chain, token),
    decimals: asset?.decimals ?? 18,
    token: asset?.address ?? NATIVE,
    mailbox: box.address,
    domain: box.domain,
    scale: [BigInt(numerator), BigInt(denominator)],
  };
}

/** A router that is its own token mints and burns it. */
function typeOf(token: Address | undefined, router: Address): WarpType {
  return token === router ? "synthetic" : "collateral";
}
