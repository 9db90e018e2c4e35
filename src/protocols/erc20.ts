import type { Hex } from "viem";
import { encodeFunctionData, parseAbi } from "viem/utils";
import { fromUnits } from "../core/decimal.ts";
import { InvariantError } from "../core/errors.ts";
import { type Address, isAddress, lower } from "../core/hex.ts";
import type { EvmCall } from "./effects.ts";
import { accountAt, assetAt, bareMeaning, strayValue, unknown } from "./meaning.ts";
import type { CallContext, Meaning, Protocol } from "./protocol.ts";
import { callReader } from "./read-call.ts";
import { standardMeaning } from "./standard-calls.ts";

export const erc20Abi = parseAbi([
  "event Approval(address indexed owner, address indexed spender, uint256 value)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function name() view returns (string)",
  "function symbol() view returns (string)",
  "function totalSupply() view returns (uint256)",
  "function transfer(address recipient, uint256 amount) returns (bool)",
  "function transferFrom(address sender, address recipient, uint256 amount) returns (bool)",
]);

const readCall = callReader(erc20Abi);

/** ERC-20 tokens of the book: transfer and approve have a meaning, everything else is denied. */
export const erc20: Protocol = { kind: "erc20", decode: decodeErc20 };

export function decodeErc20(context: CallContext, call: EvmCall, label: string): Meaning {
  const asset = assetAt(context.chain, context.book, call.to);
  const read = readCall(call.data);
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

export function encodeApprove(token: Address, spender: Address, units: bigint): EvmCall {
  return { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [spender, units] }), value: 0n };
}

export function encodeTransfer(token: Address, to: Address, units: bigint): EvmCall {
  return { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, units] }), value: 0n };
}

/** Asked for by the dozen in every request: written by hand. */
export function encodeBalanceOf(owner: Address): Hex {
  return `0x70a08231${addressWord(owner)}`;
}

/** See {@link encodeBalanceOf}. */
export function encodeAllowance(owner: Address, spender: Address): Hex {
  return `0xdd62ed3e${addressWord(owner)}${addressWord(spender)}`;
}

function addressWord(address: Address): string {
  if (!isAddress(address)) throw new InvariantError(`${address} is no address`);
  return `000000000000000000000000${lower(address).slice(2)}`;
}
