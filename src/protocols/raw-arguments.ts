import type { AbiFunction, AbiParameter, Hex } from "viem";
import { decodeAbiParameters } from "viem/utils";
import type { DecodedCall, RawArgument } from "./effects.ts";
import { erc20Abi } from "./erc20.ts";
import { erc4626Abi } from "./erc4626.ts";
import { warpRouteAbi } from "./hyperlane/abi.ts";
import { permit2Abi } from "./permit2.ts";
import { bySelector } from "./read-call.ts";
import { positionsAbi, router02Abi } from "./uniswap-v3/abi.ts";
import { weth9Abi } from "./weth9.ts";

/** The functions that each kind's bytes are read by. A vault and a wrapped coin are tokens too. */
const ABIS: Readonly<Record<string, readonly AbiFunction[]>> = Object.fromEntries(
  Object.entries({
    erc20: [erc20Abi],
    weth9: [weth9Abi, erc20Abi],
    erc4626: [erc4626Abi, erc20Abi],
    "uniswap-v3-router02": [router02Abi],
    "uniswap-v3-positions": [positionsAbi],
    permit2: [permit2Abi],
    "hyperlane-warp-route": [warpRouteAbi],
  }).map(([kind, abis]) => [
    kind,
    abis.flat().filter((item): item is Extract<typeof item, { type: "function" }> => item.type === "function"),
  ]),
);

const SELECTORS = new Map(Object.entries(ABIS).map(([kind, abi]) => [kind, bySelector(abi)]));

/** Names of the functions of a kind that change something. Undefined: the kind is never called. */
export function functionsOf(kind: string): readonly string[] | undefined {
  const abi = Object.hasOwn(ABIS, kind) ? ABIS[kind] : undefined;
  return abi && [...new Set(abi.filter(changes).map(({ name }) => name))];
}

/** The parameters of a function of a kind, of every function of that name. */
export function parametersOf(kind: string, name: string): readonly AbiParameter[] {
  const abi = Object.hasOwn(ABIS, kind) ? (ABIS[kind] ?? []) : [];
  return abi.filter((item) => changes(item) && item.name === name).flatMap(({ inputs }) => inputs);
}

function changes({ stateMutability }: AbiFunction): boolean {
  return stateMutability === "nonpayable" || stateMutability === "payable";
}

/**
 * The call with the arguments of its bytes as the ABI has them, and so for each call within a multicall: whole numbers in
 * digits, addresses and bytes in lower case. What cannot be read has none.
 */
export function withRawArguments(call: DecodedCall, data: Hex): DecodedCall {
  const item = SELECTORS.get(call.kind ?? "")?.get(data.slice(0, 10).toLowerCase());
  const args = item && item.name === call.function ? tryDecode(item.inputs, data) : undefined;
  if (!item || !args) return call;
  const nested = call.inner.length === 0 ? [] : args.filter(Array.isArray).flat();
  return {
    ...call,
    raw: Object.fromEntries(item.inputs.map(({ name = "" }, i) => [name, rawOf(args[i])])),
    inner: call.inner.map((one, i) => withRawArguments(one, (nested[i] ?? "0x") as Hex)),
  };
}

function tryDecode(inputs: readonly AbiParameter[], data: Hex): readonly unknown[] | undefined {
  try {
    return decodeAbiParameters(inputs, `0x${data.slice(10)}`);
  } catch {
    return undefined;
  }
}

function rawOf(value: unknown): RawArgument {
  if (Array.isArray(value)) return value.map(rawOf);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rawOf(item)]));
  }
  return String(value).toLowerCase();
}
