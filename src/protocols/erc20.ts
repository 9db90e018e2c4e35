import { decodeFunctionData, encodeFunctionData, erc20Abi, type Hex, prepareEncodeFunctionData } from "viem";
import { fromUnits } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import type { EvmCall } from "./effects.ts";
import { accountAt, assetAt, bareMeaning, strayValue, unknown } from "./meaning.ts";
import type { CallContext, Meaning, Protocol } from "./protocol.ts";
import { standardMeaning } from "./standard-calls.ts";

/** ERC-20 tokens of the book: transfer and approve have a meaning, everything else is denied. */
export const erc20: Protocol = { kind: "erc20", decode: decodeErc20 };

export function decodeErc20(context: CallContext, call: EvmCall, label: string): Meaning {
  const asset = assetAt(context.chain, context.book, call.to);
  const read = tryDecode(call.data);
  const name = read?.functionName ?? call.data.slice(0, 10);
  const bare = bareMeaning(context, call, { contract: label, kind: "erc20", name });
  const stray = strayValue(call);
  if (!asset || !read || (read.functionName !== "transfer" && read.functionName !== "approve")) {
    const what = `${label}.${name} has no meaning that can be bounded`;
    const standard = standardMeaning(context, call, { contract: label, kind: "erc20" });
    return { ...bare, unknown: [...stray, unknown("FUNCTION_NOT_ALLOWED", what), ...(standard?.unknown ?? [])] };
  }
  const [target, units] = read.args;
  const amount = fromUnits(units, asset.decimals);
  if (read.functionName === "approve") {
    return {
      ...bare,
      call: { ...bare.call, args: { spender: lower(target), amount: amount.toFixed() } },
      approves: [{ owner: context.from, asset: asset.id, spender: lower(target), amount }],
      unknown: stray,
    };
  }
  const own = accountAt(context.accounts, target);
  return {
    ...bare,
    call: { ...bare.call, args: { to: lower(target), amount: amount.toFixed() } },
    gives: [{ account: context.from, asset: asset.id, amount }],
    gets: own === undefined ? [] : [{ account: own, asset: asset.id, amount }],
    pays: own === undefined ? [{ to: lower(target), asset: asset.id, amount }] : [],
    unknown: stray,
  };
}

function tryDecode(data: Hex) {
  try {
    const read = decodeFunctionData({ abi: erc20Abi, data });
    // Trailing bytes and dirty padding change nothing on chain, yet two texts for one call defeat comparison.
    return encodeFunctionData({ abi: erc20Abi, functionName: read.functionName, args: read.args } as Parameters<
      typeof encodeFunctionData
    >[0]) === lower(data)
      ? read
      : undefined;
  } catch {
    return undefined;
  }
}

export function encodeApprove(token: Address, spender: Address, units: bigint): EvmCall {
  return { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [spender, units] }), value: 0n };
}

export function encodeTransfer(token: Address, to: Address, units: bigint): EvmCall {
  return { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, units] }), value: 0n };
}

/** A selector costs a hash, and these two are asked for by the dozen in every request. */
const BALANCE_OF = prepareEncodeFunctionData({ abi: erc20Abi, functionName: "balanceOf" });
const ALLOWANCE = prepareEncodeFunctionData({ abi: erc20Abi, functionName: "allowance" });

export function encodeBalanceOf(owner: Address): Hex {
  return encodeFunctionData({ ...BALANCE_OF, args: [owner] });
}

export function encodeAllowance(owner: Address, spender: Address): Hex {
  return encodeFunctionData({ ...ALLOWANCE, args: [owner, spender] });
}
