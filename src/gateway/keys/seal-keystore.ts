import { privateKeyToAddress } from "viem/accounts";
import type { Hex } from "../../core/hex.ts";
import { sealKey } from "../keystore.ts";
import type { KeyClass } from "./key-class.ts";

export interface SealKeystoreParameters {
  readonly privateKey: Hex;
  /** What the key may be loaded for from now on. */
  readonly class: KeyClass;
  readonly password: string;
}

/**
 * A V3 keystore's text that `cast wallet` and geth open too. Beside the standard's fields it has the address, as geth
 * writes it, and our mark.
 */
export function sealKeystore({ privateKey, class: keyClass, password }: SealKeystoreParameters): string {
  const sealed = JSON.parse(sealKey(privateKey, password)) as object;
  const address = privateKeyToAddress(privateKey).slice(2).toLowerCase();
  return `${JSON.stringify({ address, ...sealed, mandate: { class: keyClass } }, null, 2)}\n`;
}
