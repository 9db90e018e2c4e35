import type { Hex } from "viem";
import { encodeFunctionData } from "viem/utils";
import { fromUnits } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import { assetId, type EvmCall, type Unknown } from "../effects.ts";
import { accountAt, bareMeaning, strayValue, unknown } from "../meaning.ts";
import type { CallContext, Flow, Meaning, Protocol } from "../protocol.ts";
import { callReader } from "../read-call.ts";
import { hookedTransferAbi, warpRouteAbi } from "./abi.ts";
import { addressToBytes32, bytes32ToAddress } from "./message.ts";

const abi = warpRouteAbi;
const readCall = callReader(abi);

/**
 * Token routers of Hyperlane: what they are given leaves the chain by a message, and somebody else delivers it.
 *
 * The bytes bound what leaves: the allowance for what is locked, the amount for what is burnt, the value for native coin
 * and for the message's own fees. They guarantee nothing: what arrives is read from the message itself and from what the
 * destination would do with it, by who assesses.
 */
export const warpRoute: Protocol = {
  kind: "hyperlane-warp-route",
  decode(context: CallContext, call: EvmCall, label: string): Meaning {
    const { chain, from } = context;
    const route = context.routes?.find((one) => one.label === label);
    const read = readCall(call.data)?.args;
    if (!route || !read) return otherwise(context, call, label);
    const [domain, recipient, units] = read;
    const end = Object.values(route.to).find((one) => one.domain === domain);
    const address = bytes32ToAddress(lower(recipient));
    const own = address === undefined ? undefined : accountAt(context.accounts, address);
    const amount = fromUnits(units, route.decimals);
    const native = assetId(chain, context.book.native.symbol);
    const value: readonly Flow[] = call.value === 0n ? [] : [{ account: from, asset: native, amount: fromUnits(call.value, 18) }];
    const problems: Unknown[] = [];
    if (!end)
      problems.push(
        unknown("DESTINATION_NOT_ALLOWED", `${label} may not send to domain ${domain}: the book names no such end of it`),
      );
    if (address === undefined) problems.push(unknown("MALFORMED_CALL", `${recipient} is no address: nobody could be paid there`));
    if (units === 0n) problems.push(unknown("MALFORMED_CALL", "an amount of 0 does nothing"));
    const bare = bareMeaning(context, call, {
      contract: label,
      kind: "hyperlane-warp-route",
      name: "transferRemote",
      args: { destination: end?.chain ?? `domain ${domain}`, recipient: own ?? address ?? recipient, amount: amount.toFixed() },
    });
    const burnt: readonly Flow[] = route.type === "synthetic" ? [{ account: from, asset: route.asset, amount }] : [];
    const paid = route.type === "native" ? value : [{ account: from, asset: route.asset, amount }, ...value];
    return {
      ...bare,
      gives: [...burnt, ...value],
      drains: route.type === "collateral" ? [{ account: from, asset: route.asset, spender: lower(call.to) }] : [],
      // For somebody else it is a payment, the message's own fees with it.
      pays:
        address === undefined || own !== undefined
          ? []
          : paid.map((flow) => ({ to: address, asset: flow.asset, amount: flow.amount })),
      ...(end && address !== undefined && units > 0n
        ? { dispatches: [{ route, end, recipient: address, account: own ?? null, units, value: call.value }] }
        : {}),
      unknown: problems,
    };
  },
};

function otherwise(context: CallContext, call: EvmCall, label: string): Meaning {
  const selector = call.data.slice(0, 10);
  const hooked = lower(selector as Hex) === HOOKED;
  const bare = bareMeaning(context, call, {
    contract: label,
    kind: "hyperlane-warp-route",
    name: hooked || selector === PLAIN ? "transferRemote" : selector,
  });
  const what = hooked
    ? `${label}.transferRemote with a hook of the caller's own: nobody knows what that one does`
    : `${label}.${bare.call.function} has no meaning that can be bounded`;
  return { ...bare, unknown: [...strayValue(call), unknown("FUNCTION_NOT_ALLOWED", what)] };
}

const PLAIN = selectorOf(encodeFunctionData({ abi, functionName: "transferRemote", args: [0, `0x${"0".repeat(64)}`, 0n] }));
const HOOKED = selectorOf(
  encodeFunctionData({
    abi: hookedTransferAbi,
    functionName: "transferRemote",
    args: [0, `0x${"0".repeat(64)}`, 0n, "0x", `0x${"0".repeat(40)}`],
  }),
);

function selectorOf(data: Hex): string {
  return data.slice(0, 10);
}

/** Whether bytes are this protocol's own, at an address that is a token as well. */
export function isTransferRemote(data: Hex): boolean {
  return [PLAIN, HOOKED].includes(lower(data).slice(0, 10));
}

/**
 * Sends tokens of one's own to an address on another domain.
 *
 * @param units - the token's base units on this side.
 * @param value - wei for the message, and for native coin the amount with it.
 */
export function transferRemoteCall(
  route: Address,
  { domain, recipient, units, value }: { domain: number; recipient: Address; units: bigint; value: bigint },
): EvmCall {
  const args = [domain, addressToBytes32(recipient), units] as const;
  return { to: route, data: encodeFunctionData({ abi, functionName: "transferRemote", args }), value };
}
