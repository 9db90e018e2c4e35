import { readFileSync } from "node:fs";
import type { PrivateKeyAccount } from "viem/accounts";
import { MandateError } from "../../core/errors.ts";
import { KeystoreError, openKeystore } from "../keystore.ts";
import { type KeyClass, keyClassOf } from "./key-class.ts";

/** A key of the other class: a rehearsal never loads one that may be worth something, nor a real network a throwaway. */
export class KeyClassError extends MandateError {
  constructor(file: string, wanted: KeyClass) {
    super("KEY_CLASS", `${file} is ${wanted === "live" ? "a rehearsal's key" : "a key for real networks"}`, {
      remedy: `Make one for this: mandate keys new NAME${wanted === "live" ? "" : " --class rehearsal"}`,
      details: { wanted },
    });
  }
}

/**
 * Opens a V3 keystore that is bound to this class. The class is looked at before the password is.
 *
 * @throws {KeyClassError}
 * @throws {KeystoreError}
 */
export async function openKeystoreOf(wanted: KeyClass, file: string, password: string): Promise<PrivateKeyAccount> {
  if (keyClassOf(readKeystore(file)) !== wanted) throw new KeyClassError(file, wanted);
  return openKeystore(file, password);
}

/** A keystore's JSON, as yet unchecked. @throws {KeystoreError} */
export function readKeystore(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new KeystoreError("KEYSTORE_UNREADABLE", `${file} is not a V3 keystore`, "Make one with: mandate keys new NAME", error);
  }
}
