import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateKeyToAddress } from "viem/accounts";
import { z } from "zod";
import { MandateError } from "../../core/errors.ts";
import { type Address, type Hex, isAddress, lower } from "../../core/hex.ts";
import { decryptKeystore, KeystoreError } from "../keystore.ts";
import { type KeyClass, keyClassOf } from "./key-class.ts";
import { readKeystore } from "./open-keystore-of.ts";
import { sealKeystore } from "./seal-keystore.ts";

/** A key that cannot be made or kept. */
export class KeyError extends MandateError {
  constructor(
    code: "BAD_KEY_NAME" | "KEY_EXISTS" | "NO_KEY" | "NOT_A_KEY" | "KEYS_UNWRITABLE",
    message: string,
    remedy: string,
    cause?: unknown,
  ) {
    super(code, message, { remedy, cause });
  }
}

export interface StoredKey {
  readonly name: string;
  readonly file: string;
  readonly class: KeyClass;
  /** Null: its keystore does not say, as cast writes none. */
  readonly address: Address | null;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i;
/** The order of secp256k1: a private key is less than it, and not 0. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Whether a key can be called so, before its password is asked for. @throws {KeyError} BAD_KEY_NAME, KEY_EXISTS */
export function requireFreeName(folder: string, name: string): void {
  if (existsSync(fileOf(folder, name))) throw taken(folder, name);
}

/** Whether there is a key of that name, before its password is asked for. @throws {KeyError} BAD_KEY_NAME, NO_KEY */
export function requireKey(folder: string, name: string): void {
  if (existsSync(fileOf(folder, name))) return;
  throw new KeyError("NO_KEY", `there is no key ${name} in ${folder}`, "See which there are: mandate keys list");
}

/** Whether a text is a private key, before its password is asked for. @throws {KeyError} NOT_A_KEY */
export function requirePrivateKey(text: string): void {
  privateKeyOf(text);
}

/** Makes a key, and the keystore of it in the folder. @throws {KeyError} */
export function newKey(folder: string, name: string, keyClass: KeyClass, password: string): StoredKey {
  const bytes = randomBytes(32);
  try {
    return importKey(folder, name, keyClass, bytes.toString("hex"), password);
  } finally {
    bytes.fill(0);
  }
}

/**
 * Keeps a private key in a keystore of the folder, mode 0600. Never over another.
 *
 * @param text - 64 hexadecimal digits, "0x" before them or not.
 * @throws {KeyError}
 */
export function importKey(folder: string, name: string, keyClass: KeyClass, text: string, password: string): StoredKey {
  const file = fileOf(folder, name);
  const privateKey = privateKeyOf(text);
  const next = write(folder, file, sealKeystore({ privateKey, class: keyClass, password }));
  try {
    linkSync(next, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw unwritable(file, error);
    throw taken(folder, name, error);
  } finally {
    rmSync(next, { force: true });
  }
  return { name, file, class: keyClass, address: lower(privateKeyToAddress(privateKey)) };
}

/** Every keystore of the folder, by name. A folder that is not there holds none. */
export function listKeys(folder: string): readonly StoredKey[] {
  return names(folder).flatMap((name) => {
    const file = join(folder, name);
    const keystore = tryRead(file);
    if (!v3.safeParse(keystore).success) return [];
    const said = addressed.safeParse(keystore);
    return [{ name, file, class: keyClassOf(keystore), address: said.success ? said.data.address : null }];
  });
}

/**
 * Seals a key anew, under another password with another salt. The key and its address stay: another key is another
 * wallet.
 *
 * @param keyClass - bound to this class from now on. Left out: as before.
 * @throws {KeystoreError} for a password that does not open it.
 */
export async function rotateKey(
  folder: string,
  name: string,
  passwords: { readonly old: string; readonly new: string },
  keyClass?: KeyClass,
): Promise<StoredKey> {
  const file = fileOf(folder, name);
  const bound = keyClass ?? keyClassOf(readKeystore(file));
  const privateKey = await decryptKeystore(file, passwords.old);
  const next = write(folder, file, sealKeystore({ privateKey, class: bound, password: passwords.new }));
  renameSync(next, file);
  return { name, file, class: bound, address: lower(privateKeyToAddress(privateKey)) };
}

const v3 = z.object({ version: z.literal(3), crypto: z.object({ ciphertext: z.string() }) });
const addressed = z.object({
  address: z
    .string()
    .transform((text) => (text.startsWith("0x") ? text : `0x${text}`))
    .refine(isAddress)
    .transform(lower),
});

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && NAME.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** Null: it is no keystore, and none of ours to complain of. */
function tryRead(file: string): unknown {
  try {
    return readKeystore(file);
  } catch (error) {
    if (error instanceof KeystoreError) return null;
    throw error;
  }
}

function fileOf(folder: string, name: string): string {
  if (NAME.test(name)) return join(folder, name);
  throw new KeyError("BAD_KEY_NAME", `${JSON.stringify(name)} is no name for a key`, "Use letters, digits, _ and -.");
}

function privateKeyOf(text: string): Hex {
  const digits = text.trim().replace(/^0x/i, "");
  if (/^[0-9a-f]{64}$/i.test(digits)) {
    const value = BigInt(`0x${digits}`);
    if (value > 0n && value < ORDER) return lower(`0x${digits}`);
  }
  throw new KeyError("NOT_A_KEY", "that is not a private key", "A private key is 64 hexadecimal digits.");
}

/** Written beside its place, private from the first byte on, to be moved there whole. */
function write(folder: string, file: string, text: string): string {
  const next = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(next, text, { mode: 0o600, flag: "wx", flush: true });
    return next;
  } catch (error) {
    throw unwritable(file, error);
  }
}

function taken(folder: string, name: string, cause?: unknown): KeyError {
  return new KeyError("KEY_EXISTS", `there is a key ${name} in ${folder}`, "Choose another name.", cause);
}

function unwritable(file: string, cause: unknown): KeyError {
  return new KeyError(
    "KEYS_UNWRITABLE",
    `${file} cannot be written`,
    "Give a folder that you may write: --keystore-dir DIR.",
    cause,
  );
}
