import { type Decimal, fromUnits } from "../../../core/decimal.ts";
import { type Address, lower } from "../../../core/hex.ts";
import { perObject } from "../../../core/per-object.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { type AccountId, type AssetId, assetId } from "../../../protocols/effects.ts";
import type { Probe } from "./simulate.ts";

/** Addresses of the book that may be given an allowance at all: its contracts, and the vaults among its assets. */
export const spendersOf = perObject((book: ChainBook): readonly Address[] => {
  const vaults = Object.values(book.assets).filter(({ kind }) => kind === "erc4626");
  return [...Object.values(book.contracts), ...vaults].map(({ address }) => lower(address));
});

/** A probe with the names that its answer goes by. */
export interface NamedProbe {
  readonly probe: Probe;
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly decimals: number;
  readonly spender: Address | null;
}

/**
 * Every holding of every own account in every asset of the book, and every allowance to the book's contracts
 * and to `spenders`.
 */
export function probesOf(
  chain: string,
  book: ChainBook,
  accounts: Readonly<Record<AccountId, Address>>,
  spenders: readonly Address[],
): readonly NamedProbe[] {
  const pinned = spendersOf(book);
  const strangers = spenders.map(lower).filter((spender) => !pinned.includes(spender));
  if (strangers.length > 0) return listProbes(chain, book, accounts, [...new Set([...pinned, ...strangers])]);
  const known = pinnedProbes(book)(accounts);
  const probes = known.get(chain) ?? listProbes(chain, book, accounts, [...new Set(pinned)]);
  known.set(chain, probes);
  return probes;
}

/** The same for every request that gives no stranger an allowance: by book, accounts and chain. */
const pinnedProbes = perObject((_book: ChainBook) =>
  perObject((_accounts: Readonly<Record<AccountId, Address>>) => new Map<string, readonly NamedProbe[]>()),
);

function listProbes(
  chain: string,
  book: ChainBook,
  accounts: Readonly<Record<AccountId, Address>>,
  watched: readonly Address[],
): readonly NamedProbe[] {
  return Object.entries(accounts).flatMap(([account, owner]): readonly NamedProbe[] => [
    { probe: { kind: "native", owner }, account, asset: assetId(chain, book.native.symbol), decimals: 18, spender: null },
    ...Object.entries(book.assets).flatMap(([symbol, { address: token, decimals }]): readonly NamedProbe[] => {
      const named = { account, asset: assetId(chain, symbol), decimals };
      return [
        { ...named, probe: { kind: "balance", token, owner }, spender: null },
        ...watched.map((spender): NamedProbe => ({ ...named, probe: { kind: "allowance", token, owner, spender }, spender })),
      ];
    }),
  ]);
}

export function amountOf({ decimals }: NamedProbe, units: bigint): Decimal {
  return fromUnits(units, decimals);
}
