import { UsageError } from "../../../core/errors.ts";
import type { Json } from "../../../core/json.ts";
import type { Order, State } from "./state.ts";
import { newAccount } from "./state.ts";
import type { ExchangeConfig } from "./types.ts";

const VERSION = 1;

interface Saved {
  readonly version: number;
  readonly config: ExchangeConfig;
  readonly state: unknown;
}

/** What of the state is found again otherwise: what follows from the config, and who listens. */
const DERIVED: ReadonlySet<string> = new Set(["config", "switches", "tokens", "feeTiers", "listeners", "byCoin"]);
const MARKET_DERIVED: ReadonlySet<string> = new Set(["config", "tiers", "bids", "asks", "triggers", "candles", "kind"]);
const ORDER_LINKS: ReadonlySet<string> = new Set(["account", "market", "level", "previous", "next"]);

/** Bigints as {"$n": digits} and maps as {"$m": pairs}, so that everything comes back as what it was. */
function pack(value: unknown): Json {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (value instanceof Map) return { $m: [...value].map(([key, item]) => [pack(key), pack(item)]) };
  if (Array.isArray(value)) return value.map(pack);
  if (typeof value === "object" && value !== null) return packObject(value, new Set());
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw new UsageError(`a ${typeof value} cannot be saved`);
}

function packObject(value: object, without: ReadonlySet<string>): { readonly [key: string]: Json } {
  const entries = Object.entries(value).filter(([key, item]) => item !== undefined && !without.has(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, pack(item)]));
}

function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (typeof value !== "object" || value === null) return value;
  if ("$n" in value) return BigInt(String(value.$n));
  if ("$m" in value && Array.isArray(value.$m)) {
    return new Map(value.$m.map((pair: unknown) => (Array.isArray(pair) ? [unpack(pair[0]), unpack(pair[1])] : ["", null])));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
}

export function snapshotState(state: State): Json {
  const accounts = [...state.accounts].map(([address, account]) => [address, packObject(account, new Set(["orders"]))] as const);
  const markets = [...state.markets.values()].map((market) => ({
    ...packObject(market, MARKET_DERIVED),
    candles: pack(market.candles.lists),
    bids: [...market.bids.orders()].map(({ oid }) => oid),
    asks: [...market.asks.orders()].map(({ oid }) => oid),
    triggers: [...market.triggers.keys()],
  }));
  const orders = [...state.accounts.values()].flatMap((account) =>
    [...account.orders.values()].map((order) => ({
      ...packObject(order, ORDER_LINKS),
      account: account.address,
      asset: order.market.asset,
    })),
  );
  const rest = packObject(state, new Set([...DERIVED, "accounts", "markets"]));
  return {
    version: VERSION,
    config: pack(state.config),
    state: { ...rest, accounts: accounts.map((it) => [...it]), markets, orders },
  };
}

export const restoreState = {
  /** The config that a snapshot was taken of. */
  config(json: Json): ExchangeConfig {
    const saved = json as unknown as Saved;
    if (saved?.version !== VERSION) throw new UsageError("this is no saved exchange of this version");
    return saved.config;
  },

  /** Puts what a snapshot holds into a state that was built from its config. */
  into(state: State, json: Json): void {
    const { state: packed } = json as unknown as Saved;
    const { accounts, markets, orders, ...rest } = unpack(packed) as {
      readonly accounts: readonly (readonly [string, object])[];
      readonly markets: readonly SavedMarket[];
      readonly orders: readonly (Order & { readonly account: unknown; readonly asset: number })[];
    };
    Object.assign(state, rest);
    state.accounts.clear();
    for (const [address, saved] of accounts) {
      const known = address as `0x${string}`;
      state.accounts.set(known, Object.assign(newAccount(known, "user"), saved));
    }
    const live = new Map<number, Order>();
    for (const saved of orders) {
      const { asset, ...plain } = saved;
      const account = state.accounts.get(saved.account as unknown as `0x${string}`);
      const market = state.markets.get(asset);
      if (account === undefined || market === undefined) throw new UsageError("the saved exchange names what it does not hold");
      const order: Order = { ...plain, account, market, level: null, previous: null, next: null };
      live.set(order.oid, order);
      account.orders.set(order.oid, order);
    }
    for (const saved of markets) restoreMarket(state, saved, live);
  },
};

interface SavedMarket {
  readonly asset: number;
  readonly candles: ReadonlyMap<string, never[]>;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  readonly triggers: readonly number[];
}

function restoreMarket(
  state: State,
  { candles, bids, asks, triggers, ...saved }: SavedMarket,
  live: ReadonlyMap<number, Order>,
): void {
  const market = state.markets.get(saved.asset);
  if (market === undefined) throw new UsageError("the saved exchange has a market that its config does not have");
  Object.assign(market, saved);
  for (const [interval, list] of candles) market.candles.lists.set(interval, list);
  for (const [side, oids] of [
    [market.bids, bids],
    [market.asks, asks],
  ] as const) {
    for (const oid of oids) {
      const order = live.get(oid);
      if (order !== undefined) side.add(order);
    }
  }
  for (const oid of triggers) {
    const order = live.get(oid);
    if (order !== undefined) market.triggers.set(oid, order);
  }
}
