import type { Hex } from "viem";
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem/utils";
import { fromUnits } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import type { EvmCall, Unknown } from "./effects.ts";
import { decodeErc20 } from "./erc20.ts";
import { accountAt, assetAt, bareMeaning, strayValue, unknown } from "./meaning.ts";
import type { CallContext, Meaning, Protocol } from "./protocol.ts";
import { callReader } from "./read-call.ts";

export const erc4626Abi = parseAbi([
  "function deposit(uint256 assets, address receiver) returns (uint256 shares)",
  "function mint(uint256 shares, address receiver) returns (uint256 assets)",
  "function withdraw(uint256 assets, address receiver, address owner) returns (uint256 shares)",
  "function redeem(uint256 shares, address receiver, address owner) returns (uint256 assets)",
  "function convertToAssets(uint256 shares) view returns (uint256 assets)",
  "function asset() view returns (address)",
]);
const abi = erc4626Abi;
const readCall = callReader(abi);

/**
 * ERC-4626 vaults: an ERC-20 of shares that go in and out of one other asset of the book.
 *
 * `deposit` and `redeem` guarantee nothing in return, so all that they give counts as lost. `mint` guarantees the shares
 * and takes at most what the vault is allowed; `withdraw` guarantees the asset and takes at most all shares that are held.
 */
export const erc4626: Protocol = {
  kind: "erc4626",
  // As the standard says of deposit and mint; a vault whose pinned code does otherwise is one that its author must not name.
  pullsOnlyFromCaller: true,
  decode(context: CallContext, call: EvmCall, label: string): Meaning {
    const shares = assetAt(context.chain, context.book, call.to);
    const within = context.book.assets[context.book.assets[label]?.of ?? ""];
    const held = within && assetAt(context.chain, context.book, within.address);
    const read = tryDecode(call.data);
    if (!shares || !held || !read) return decodeErc20(context, call, label);
    const { functionName, args } = read;
    const [units, receiver, owner] = args;
    const inShares = functionName === "mint" || functionName === "redeem";
    const amount = fromUnits(units, (inShares ? shares : held).decimals);
    const to = accountAt(context.accounts, receiver);
    const of = owner === undefined ? context.from : accountAt(context.accounts, owner);
    const [inn, out] = owner === undefined ? [held, shares] : [shares, held];
    const exactIn = functionName === "deposit" || functionName === "redeem";
    const problems: Unknown[] = [...strayValue(call)];
    if (to === undefined) problems.push(unknown("RECIPIENT_NOT_ALLOWED", `${lower(receiver)} may not be paid`));
    if (of !== context.from) {
      problems.push(unknown("RECIPIENT_NOT_ALLOWED", `${lower(owner ?? receiver)} is not the account that calls`));
    }
    if (units === 0n) problems.push(unknown("MALFORMED_CALL", "an amount of 0 does nothing"));
    const bare = bareMeaning(context, call, {
      contract: label,
      kind: "erc4626",
      name: functionName,
      args: { [inShares ? "shares" : "assets"]: amount.toFixed(), receiver: to ?? lower(receiver) },
    });
    const gives = { account: context.from, asset: inn.id, amount };
    return {
      ...bare,
      gives: exactIn ? [gives] : [],
      gets: exactIn || to === undefined ? [] : [{ account: to, asset: out.id, amount }],
      expects: to === undefined ? [] : [{ account: to, asset: out.id }],
      drains: exactIn ? [] : [{ account: context.from, asset: inn.id, spender: functionName === "mint" ? lower(call.to) : null }],
      unfloored: exactIn ? [{ contract: label, ...gives }] : [],
      unknown: problems,
    };
  },
};

/** What else is read of a vault, which no request may call. */
const readAbi = parseAbi([
  "function previewDeposit(uint256 assets) view returns (uint256 shares)",
  "function previewRedeem(uint256 shares) view returns (uint256 assets)",
  "function maxWithdraw(address owner) view returns (uint256 assets)",
]);

/** Shares that so much of the asset buys, entry fees taken. */
export function encodePreviewDeposit(assets: bigint): Hex {
  return encodeFunctionData({ abi: readAbi, functionName: "previewDeposit", args: [assets] });
}

/** What so many shares redeem, exit fees taken. */
export function encodePreviewRedeem(shares: bigint): Hex {
  return encodeFunctionData({ abi: readAbi, functionName: "previewRedeem", args: [shares] });
}

/** What an owner can take out now. */
export function encodeMaxWithdraw(owner: Address): Hex {
  return encodeFunctionData({ abi: readAbi, functionName: "maxWithdraw", args: [owner] });
}

function tryDecode(data: Hex) {
  const read = readCall(data);
  return read?.functionName === "convertToAssets" || read?.functionName === "asset" ? undefined : read;
}

export function depositCall(vault: Address, assets: bigint, receiver: Address): EvmCall {
  return { to: vault, data: encodeFunctionData({ abi, functionName: "deposit", args: [assets, receiver] }), value: 0n };
}

export function mintSharesCall(vault: Address, shares: bigint, receiver: Address): EvmCall {
  return { to: vault, data: encodeFunctionData({ abi, functionName: "mint", args: [shares, receiver] }), value: 0n };
}

export function withdrawCall(vault: Address, assets: bigint, receiver: Address, owner: Address): EvmCall {
  return { to: vault, data: encodeFunctionData({ abi, functionName: "withdraw", args: [assets, receiver, owner] }), value: 0n };
}

export function redeemCall(vault: Address, shares: bigint, receiver: Address, owner: Address): EvmCall {
  return { to: vault, data: encodeFunctionData({ abi, functionName: "redeem", args: [shares, receiver, owner] }), value: 0n };
}

/** A million whole shares, in base units: what a share redeems is read of so many, for the vault rounds down. */
export function rateShares(decimals: number): bigint {
  return 10n ** BigInt(decimals + 6);
}

export function encodeConvertToAssets(shares: bigint): Hex {
  return encodeFunctionData({ abi, functionName: "convertToAssets", args: [shares] });
}

export const assetCall: Hex = encodeFunctionData({ abi, functionName: "asset" });

/** The address that a vault answers to {@link assetCall}. Undefined: it is no vault. */
export function readAsset(answer: Hex): Address | undefined {
  try {
    return lower(decodeFunctionResult({ abi, functionName: "asset", data: answer }));
  } catch {
    return undefined;
  }
}
