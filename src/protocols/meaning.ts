import { type Decimal, fromUnits, ZERO } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import { perObject } from "../core/per-object.ts";
import {
  type AccountId,
  type AssetId,
  assetId,
  type DecodedCall,
  type EvmCall,
  type Unknown,
  type UnknownCode,
} from "./effects.ts";
import type { BookView, CallContext, Meaning } from "./protocol.ts";

/** A meaning with nothing in it, for a call that was named `name` with `args`. */
export function bareMeaning(
  { chain, from }: CallContext,
  call: EvmCall,
  {
    contract,
    kind,
    name,
    args = {},
  }: { contract: string | null; kind: string | null; name: string; args?: Readonly<Record<string, string>> },
): Meaning {
  const decoded: DecodedCall = {
    chain,
    from,
    to: lower(call.to),
    contract,
    kind,
    function: name,
    args,
    value: fromUnits(call.value, 18),
    inner: [],
  };
  return {
    call: decoded,
    gives: [],
    gets: [],
    pays: [],
    approves: [],
    pools: [],
    deadline: null,
    timeSensitive: false,
    expects: [],
    drains: [],
    unfloored: [],
    supplies: [],
    unknown: [],
  };
}

export function unknown(code: UnknownCode, what: string): Unknown {
  return { code, what };
}

/** The own account at an address, if it is one. */
export function accountAt(accounts: CallContext["accounts"], address: Address): AccountId | undefined {
  return Object.entries(accounts).find(([, own]) => lower(own) === lower(address))?.[0];
}

/** The book's asset at an address, with its id. */
export function assetAt(
  chain: string,
  book: BookView,
  address: Address,
): { readonly id: AssetId; readonly symbol: string; readonly decimals: number } | undefined {
  const found = assetsByAddress(book.assets).get(lower(address));
  return found && { id: assetId(chain, found.symbol), ...found };
}

/** The first of an address stands. */
const assetsByAddress = perObject(
  (assets: BookView["assets"]) =>
    new Map(
      Object.entries(assets)
        .map(([symbol, { address, decimals }]) => [lower(address), { symbol, decimals }] as const)
        .reverse(),
    ),
);

/** The pinned pool of two tokens at a fee, by label. */
export function poolOf(book: BookView, one: string, other: string, fee: number): string | undefined {
  return Object.entries(book.pools).find(
    ([, pool]) => pool.fee === fee && pool.tokens.includes(one) && pool.tokens.includes(other) && one !== other,
  )?.[0];
}

/** Native coin that a call sends along must be explained by the call's own meaning; most explain none. */
export function strayValue(call: EvmCall): readonly Unknown[] {
  return call.value === 0n
    ? []
    : [unknown("MALFORMED_CALL", `the call sends ${fromUnits(call.value, 18).toFixed()} native coin that it has no use for`)];
}

/** The sum of flows for one account and asset. */
export function flowTotal(flows: Meaning["gives"], account: AccountId, asset: AssetId): Decimal {
  return flows.reduce(
    (total, flow) => (flow.account === account && flow.asset === asset ? total.plus(flow.amount) : total),
    ZERO,
  );
}
