import { encodeFunctionData, erc20Abi } from "viem";
import { decimal, toUnits } from "../../../src/core/decimal.ts";
import type { Address } from "../../../src/core/hex.ts";
import type { EvmCall } from "../../../src/protocols/effects.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";

/** The call that sends whole tokens to somebody. */
export function encodeTransfer(token: keyof typeof EVM_BOOK.chains.base.assets, to: Address, amount: string): EvmCall {
  const { address, decimals } = EVM_BOOK.chains.base.assets[token];
  const args = [to, toUnits(decimal(amount), decimals)] as const;
  return { to: address, data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args }), value: 0n };
}
