import { hkdfSync } from "node:crypto";
import { privateKeyToAddress } from "viem/accounts";
import { type Address, type Hex, lower } from "../../../core/hex.ts";

/** An account to play with. Anybody can know its key. */
export interface PaperAccount {
  readonly address: Address;
  readonly private_key: Hex;
  /** What it begins with, in dollars. */
  readonly usdc: string;
}

/** The n-th throwaway account of a seed. */
export function paperAccount(seed: string, n: number, usdc: string): PaperAccount {
  const bytes = hkdfSync("sha256", seed, "mandate paper exchange", `throwaway account ${n}`, 32);
  const private_key: Hex = `0x${Buffer.from(bytes).toString("hex")}`;
  return { address: lower(privateKeyToAddress(private_key)), private_key, usdc };
}
