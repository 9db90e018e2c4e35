import type { Abi, AbiFunction, DecodeFunctionDataReturnType } from "viem";
import { decodeAbiParameters, encodeAbiParameters, toFunctionSelector } from "viem/utils";
import { type Hex, lower } from "../core/hex.ts";
import { ifDecodable } from "./if-decodable.ts";

/** Functions by selector, the first of each: a selector costs a hash, so it is worked out once for an ABI. */
export function bySelector(abi: Abi): ReadonlyMap<string, AbiFunction> {
  const functions = abi.flatMap((item) => (item.type === "function" ? [item] : []));
  return new Map(functions.reverse().map((item) => [toFunctionSelector(item), item]));
}

/**
 * Reads calls by an ABI. Undefined: no call of it, or one that is not written as the ABI writes it. Trailing bytes and
 * dirty padding change nothing on chain, yet two texts for one call defeat comparison.
 */
export function callReader<const abi extends Abi>(abi: abi): (data: Hex) => DecodeFunctionDataReturnType<abi> | undefined {
  const functions = bySelector(abi);
  return (data) => {
    const selector = data.slice(0, 10);
    const item = functions.get(selector);
    if (!item) return undefined;
    return ifDecodable(() => {
      const args = item.inputs.length === 0 ? undefined : decodeAbiParameters(item.inputs, `0x${data.slice(10)}`);
      const again = args === undefined ? selector : selector + encodeAbiParameters(item.inputs, args).slice(2);
      if (again !== lower(data)) return undefined;
      return { functionName: item.name, args } as unknown as DecodeFunctionDataReturnType<abi>;
    });
  };
}
