import { keccak256, toHex } from "viem/utils";
import type { Address, Hex } from "../../core/hex.ts";

/** The throwaway key of every rehearsal's agent. Anybody can derive it: it must never hold anything of worth. */
export const REHEARSAL_KEY: Hex = keccak256(toHex("mandate: the wallet of a rehearsal, worth nothing"));

/** The key's address, which is not derived anew at every start. */
export const REHEARSAL_WALLET: Address = "0x91e71c01b4c591c87765e92224724817bb628b1c";
