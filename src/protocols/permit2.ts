import { encodeFunctionData, parseAbi } from "viem/utils";
import { type Address, lower, shortHex } from "../core/hex.ts";
import type { EvmCall } from "./effects.ts";
import { bareMeaning, strayValue, unknown } from "./meaning.ts";
import type { CallContext, Meaning, Protocol } from "./protocol.ts";
import { callReader } from "./read-call.ts";

/** What an owner takes signatures and allowances back with. Nothing else of Permit2 is ever called. */
export const permit2Abi = parseAbi([
  "struct TokenSpenderPair { address token; address spender; }",
  "function invalidateUnorderedNonces(uint256 wordPos, uint256 mask)",
  "function invalidateNonces(address token, address spender, uint48 newNonce)",
  "function lockdown(TokenSpenderPair[] approvals)",
]);
const readCall = callReader(permit2Abi);

/**
 * Permit2. It moves what it is allowed by the owner's own word alone, a signature or a call, and the gateway gives it none
 * but a signature that was judged as the payment which it enables. So an allowance to it is used by nobody else.
 */
export const permit2: Protocol = { kind: "permit2", pullsOnlyFromCaller: true, decode };

function decode(context: CallContext, call: EvmCall, label: string): Meaning {
  const name = readCall(call.data)?.functionName;
  const bare = bareMeaning(context, call, { contract: label, kind: "permit2", name: name ?? call.data.slice(0, 10) });
  const stray = strayValue(call);
  if (name !== undefined) return { ...bare, unknown: stray };
  const what = `${label} (${shortHex(lower(call.to))}) is only called to take back what was given; sign what shall be given`;
  return { ...bare, unknown: [...stray, unknown("FUNCTION_NOT_ALLOWED", what)] };
}

/** Takes signatures of Permit2's unordered kind back: bits of a word of its nonces. */
export function encodeInvalidateNonces(contract: Address, word: bigint, mask: bigint): EvmCall {
  const args = [word, mask] as const;
  const data = encodeFunctionData({ abi: permit2Abi, functionName: "invalidateUnorderedNonces", args });
  return { to: contract, data, value: 0n };
}

/** Takes signatures of Permit2's counted kind back, for one token and spender. */
export function encodeRaiseNonce(
  contract: Address,
  { token, spender, nonce }: { token: Address; spender: Address; nonce: number },
): EvmCall {
  const data = encodeFunctionData({ abi: permit2Abi, functionName: "invalidateNonces", args: [token, spender, nonce] });
  return { to: contract, data, value: 0n };
}

/** Takes back what Permit2's spenders may still pull. */
export function encodeLockdown(
  contract: Address,
  pairs: readonly { readonly token: Address; readonly spender: Address }[],
): EvmCall {
  const data = encodeFunctionData({ abi: permit2Abi, functionName: "lockdown", args: [pairs.map((pair) => ({ ...pair }))] });
  return { to: contract, data, value: 0n };
}
