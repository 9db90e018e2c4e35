import { readFileSync } from "node:fs";
import { Keystore } from "ox";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { MandateError } from "../core/errors.ts";
import { type Hex, lower } from "../core/hex.ts";

/** A keystore that cannot be opened. */
export class KeystoreError extends MandateError {
  constructor(code: "KEYSTORE_UNREADABLE" | "KEYSTORE_PASSWORD", message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, cause });
  }
}

/**
 * Opens a V3 keystore, as `cast wallet` and geth write it.
 *
 * @throws {KeystoreError}
 */
export async function openKeystore(file: string, password: string): Promise<PrivateKeyAccount> {
  let keystore: Keystore.Keystore;
  try {
    keystore = JSON.parse(readFileSync(file, "utf8")) as Keystore.Keystore;
  } catch (error) {
    throw new KeystoreError("KEYSTORE_UNREADABLE", `${file} is not a V3 keystore`, "Make one with: cast wallet new DIR", error);
  }
  let key: Hex;
  try {
    key = Keystore.decrypt(keystore, await Keystore.toKeyAsync(keystore, { password })) as Hex;
  } catch (error) {
    throw new KeystoreError(
      "KEYSTORE_PASSWORD",
      `the password does not open ${file}`,
      "Give the password of this keystore.",
      error,
    );
  }
  return privateKeyToAccount(lower(key));
}

/** A V3 keystore's text for a key. */
export function sealKey(privateKey: Hex, password: string): string {
  const [key, options] = Keystore.scrypt({ password, n: 8192 });
  return `${JSON.stringify(Keystore.encrypt(privateKey, key, options), null, 2)}\n`;
}
