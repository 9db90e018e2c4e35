import { fromUnits } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import { perObject } from "../core/per-object.ts";
import { assetId, type EvmCall } from "./effects.ts";
import { erc20 } from "./erc20.ts";
import { erc4626 } from "./erc4626.ts";
import { isTransferRemote, warpRoute } from "./hyperlane/warp-route.ts";
import { accountAt, bareMeaning, unknown } from "./meaning.ts";
import { permit2 } from "./permit2.ts";
import type { BookView, CallContext, Meaning, Protocol } from "./protocol.ts";
import { withRawArguments } from "./raw-arguments.ts";
import { standardMeaning } from "./standard-calls.ts";
import { positions } from "./uniswap-v3/positions.ts";
import { router02 } from "./uniswap-v3/router02.ts";
import { weth9 } from "./weth9.ts";

/** Every contract kind that bytes can be read for. A new protocol is a row here. */
const PROTOCOLS: Readonly<Record<string, Protocol>> = Object.fromEntries(
  [erc20, weth9, erc4626, router02, positions, permit2, warpRoute].map((protocol) => [protocol.kind, protocol]),
);

/** Whether calls to contracts of this kind can be judged at all. */
export function isCallableKind(kind: string): boolean {
  return kind in PROTOCOLS;
}

/** Whether contracts of this kind take what they are allowed from whoever calls them and from nobody else. */
export function pullsOnlyFromCaller(kind: string): boolean {
  return Object.hasOwn(PROTOCOLS, kind) && PROTOCOLS[kind]?.pullsOnlyFromCaller === true;
}

/** What a call's bytes mean against the book. What has no meaning comes back as unknown, never as an error. */
export function decodeCall(context: CallContext, call: EvmCall): Meaning {
  const entry = routerAt(context, call) ?? bookEntryAt(context, call.to);
  const protocol = entry && PROTOCOLS[entry.kind];
  if (entry && protocol) {
    const meaning = protocol.decode(context, call, entry.label);
    return { ...meaning, call: withRawArguments(meaning.call, call.data) };
  }
  if (entry) {
    const bare = bareMeaning(context, call, { contract: entry.label, kind: entry.kind, name: call.data.slice(0, 10) });
    return { ...bare, unknown: [unknown("FUNCTION_NOT_ALLOWED", `contracts of kind ${entry.kind} are only read, never called`)] };
  }
  if (call.data === "0x") return nativeTransfer(context, call);
  const nobodys = { contract: null, kind: null };
  const meaning =
    standardMeaning(context, call, nobodys) ?? bareMeaning(context, call, { ...nobodys, name: call.data.slice(0, 10) });
  const refusal = unknown("CONTRACT_NOT_ALLOWED", `${lower(call.to)} is not in the mandate's book`);
  return { ...meaning, unknown: [refusal, ...meaning.unknown] };
}

function nativeTransfer(context: CallContext, call: EvmCall): Meaning {
  const native = assetId(context.chain, context.book.native.symbol);
  const amount = fromUnits(call.value, 18);
  const own = accountAt(context.accounts, call.to);
  const bare = bareMeaning(context, call, {
    contract: null,
    kind: null,
    name: "transfer",
    args: { to: lower(call.to), amount: amount.toFixed() },
  });
  return {
    ...bare,
    gives: [{ account: context.from, asset: native, amount }],
    gets: own === undefined ? [] : [{ account: own, asset: native, amount }],
    pays: own === undefined ? [{ to: lower(call.to), asset: native, amount }] : [],
  };
}

/** A synthetic's router is a token too: which of them is called, the function says. */
function routerAt({ book }: CallContext, { to, data }: EvmCall) {
  const { kind } = warpRoute;
  const at = lower(to);
  const found = isTransferRemote(data)
    ? Object.entries(book.contracts).find(([, contract]) => contract.kind === kind && lower(contract.address) === at)
    : undefined;
  return found && { label: found[0], kind };
}

/** The book's label and kind of an address; a token before a contract. */
export function bookEntryAt(
  { book }: CallContext,
  address: `0x${string}`,
): { readonly label: string; readonly kind: string } | undefined {
  return entriesByAddress(book).get(lower(address));
}

const entriesByAddress = perObject((book: BookView) => {
  const entry = (label: string, address: Address, kind: string) => [lower(address), { label, kind }] as const;
  // The first of an address stands.
  return new Map(
    [
      ...Object.entries(book.assets).map(([label, { address, kind }]) => entry(label, address, kind)),
      ...Object.entries(book.contracts).map(([label, { address, kind }]) => entry(label, address, kind)),
      ...Object.entries(book.pools).map(([label, { address }]) => entry(label, address, "uniswap-v3-pool")),
    ].reverse(),
  );
});
