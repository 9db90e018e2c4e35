import type { Hex } from "viem";
import { encodeFunctionData, parseAbi } from "viem/utils";
import { fromUnits } from "../core/decimal.ts";
import type { Address } from "../core/hex.ts";
import { assetId, type EvmCall } from "./effects.ts";
import { decodeErc20 } from "./erc20.ts";
import { assetAt, bareMeaning, strayValue } from "./meaning.ts";
import type { CallContext, Meaning, Protocol } from "./protocol.ts";
import { callReader } from "./read-call.ts";

export const weth9Abi = parseAbi(["function deposit() payable", "function withdraw(uint256 wad)"]);
const abi = weth9Abi;
const readCall = callReader(abi);

/** WETH9: an ERC-20 that also wraps and unwraps the native coin, one for one. */
export const weth9: Protocol = {
  kind: "weth9",
  decode(context: CallContext, call: EvmCall, label: string): Meaning {
    const asset = assetAt(context.chain, context.book, call.to);
    const wrapping = readCall(call.data);
    if (!asset || !wrapping) return decodeErc20(context, call, label);
    const native = assetId(context.chain, context.book.native.symbol);
    const units = wrapping.functionName === "deposit" ? call.value : wrapping.args[0];
    const amount = fromUnits(units, 18);
    const [gave, got] = wrapping.functionName === "deposit" ? [native, asset.id] : [asset.id, native];
    return {
      ...bareMeaning(context, call, {
        contract: label,
        kind: "weth9",
        name: wrapping.functionName,
        args: { amount: amount.toFixed() },
      }),
      gives: [{ account: context.from, asset: gave, amount }],
      gets: [{ account: context.from, asset: got, amount }],
      unknown: wrapping.functionName === "deposit" ? [] : strayValue(call),
    };
  },
};

function encodeWrap(): Hex {
  return encodeFunctionData({ abi, functionName: "deposit" });
}

function encodeUnwrap(units: bigint): Hex {
  return encodeFunctionData({ abi, functionName: "withdraw", args: [units] });
}

export function wrapCall(weth: Address, wei: bigint): EvmCall {
  return { to: weth, data: encodeWrap(), value: wei };
}

export function unwrapCall(weth: Address, wei: bigint): EvmCall {
  return { to: weth, data: encodeUnwrap(wei), value: 0n };
}
