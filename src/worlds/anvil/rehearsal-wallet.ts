import { keccak256, toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type Address, type Hex, lower } from "../../core/hex.ts";

/** The throwaway key of every rehearsal's agent. Anybody can derive it: it must never hold anything of worth. */
export const REHEARSAL_KEY: Hex = keccak256(toHex("mandate: the wallet of a rehearsal, worth nothing"));

export const REHEARSAL_WALLET: Address = lower(privateKeyToAddress(REHEARSAL_KEY));
