import type { Address } from "../../core/hex.ts";
import { EVM_ADDRESSES } from "./evm-addresses.ts";
import { POOL_NAMES, POOLS, type PoolName, SYMBOLS, TOKENS, type TokenSymbol } from "./world-spec.ts";

export interface WorldAsset {
  readonly address: Address;
  readonly decimals: number;
}

export interface WorldPool {
  readonly address: Address;
  readonly tokens: readonly [TokenSymbol, TokenSymbol];
  /** In hundredths of a basis point. */
  readonly fee: number;
}

export interface WorldAddresses {
  readonly assets: Readonly<Record<TokenSymbol, WorldAsset>>;
  readonly contracts: typeof EVM_ADDRESSES.contracts;
  readonly pools: Readonly<Record<PoolName, WorldPool>>;
  /** Chainlink's interface; each answers USD with 8 decimals. */
  readonly feeds: typeof EVM_ADDRESSES.feeds;
}

/** Everything that stands in every EVM world, with what one has to know to use it. */
export const WORLD_ADDRESSES: WorldAddresses = {
  assets: byName(SYMBOLS, (symbol) => ({ address: EVM_ADDRESSES.tokens[symbol], decimals: TOKENS[symbol].decimals })),
  contracts: EVM_ADDRESSES.contracts,
  pools: byName(POOL_NAMES, (name) => ({ address: EVM_ADDRESSES.pools[name], tokens: POOLS[name].tokens, fee: POOLS[name].fee })),
  feeds: EVM_ADDRESSES.feeds,
};

function byName<K extends string, V>(names: readonly K[], value: (name: K) => V): Readonly<Record<K, V>> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<K, V>;
}
