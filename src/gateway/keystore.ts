import { pbkdf2, randomBytes, scrypt, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import * as Keystore from "ox/Keystore";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { MandateError } from "../core/errors.ts";
import { type Hex, lower } from "../core/hex.ts";

/** A keystore that cannot be opened. */
export class KeystoreError extends MandateError {
  constructor(code: "KEYSTORE_UNREADABLE" | "KEYSTORE_PASSWORD", message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, cause });
  }
}

/** Most memory in bytes that deriving a key may take: four times what geth asks for. */
const MOST_MEMORY = 1024 ** 3;

interface ScryptParams {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** The pair of the definition's example, which OpenSSL refuses at its n. ox knows this one alone; cast and geth choose another. */
function isDefinitions({ r, p }: ScryptParams): boolean {
  return r === 1 && p === 8;
}

/**
 * Whether OpenSSL derives a key by these: asked before it is. A refusal of its own stays in its queue of errors, and the next
 * key that the process reads would be taken for unreadable.
 */
function isDerivable({ n, r, p }: ScryptParams): boolean {
  const isPowerOfTwo = n >= 2 && Number.isInteger(Math.log2(n));
  return isPowerOfTwo && n < 2 ** (16 * r) && r * p < 2 ** 30 && 128 * r * (n + p + 3) <= MOST_MEMORY;
}

const hex = z.string().regex(/^([0-9a-fA-F]{2})+$/);
const count = z.number().int().positive();
const sealed = {
  cipher: z.literal("aes-128-ctr"),
  cipherparams: z.object({ iv: hex.length(32) }),
  ciphertext: hex.length(64),
  mac: hex.length(64),
};

const schema = z.object({
  version: z.literal(3),
  id: z.string().default(""),
  crypto: z.discriminatedUnion("kdf", [
    z.object({
      ...sealed,
      kdf: z.literal("scrypt"),
      kdfparams: z
        .object({ dklen: count.min(32).max(64), n: count, r: count, p: count, salt: hex })
        .refine((params) => isDefinitions(params) || isDerivable(params)),
    }),
    z.object({
      ...sealed,
      kdf: z.literal("pbkdf2"),
      kdfparams: z.object({ dklen: count.min(32).max(64), c: count, prf: z.literal("hmac-sha256"), salt: hex }),
    }),
  ]),
});

type Sealed = z.output<typeof schema>["crypto"];

/**
 * Opens a V3 keystore, as `cast wallet` and geth write it.
 *
 * @throws {KeystoreError}
 */
export async function openKeystore(file: string, password: string): Promise<PrivateKeyAccount> {
  return privateKeyToAccount(await decryptKeystore(file, password));
}

/**
 * The private key itself, for whoever seals it anew.
 *
 * @throws {KeystoreError}
 */
export async function decryptKeystore(file: string, password: string): Promise<Hex> {
  let keystore: z.output<typeof schema>;
  let derived: Hex;
  try {
    keystore = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    derived = await deriveKey(keystore.crypto, password);
  } catch (error) {
    throw new KeystoreError("KEYSTORE_UNREADABLE", `${file} is not a V3 keystore`, "Make one with: mandate keys new NAME", error);
  }
  try {
    return lower(Keystore.decrypt(keystore, derived));
  } catch (error) {
    throw new KeystoreError(
      "KEYSTORE_PASSWORD",
      `the password does not open ${file}`,
      "Give the password of this keystore.",
      error,
    );
  }
}

/** A V3 keystore's text for a key, with the parameters that `cast wallet` takes. */
export function sealKey(privateKey: Hex, password: string): string {
  const salt = randomBytes(32);
  const kdfparams = { dklen: 32, n: 8192, p: 1, r: 8, salt: salt.toString("hex") };
  const derived = asHex(scryptSync(password, salt, 32, { N: 8192, r: 8, p: 1 }));
  return `${JSON.stringify(Keystore.encrypt(privateKey, derived, { kdf: "scrypt", kdfparams, iv: randomBytes(16) }), null, 2)}\n`;
}

/** By every one of the keystore's own parameters. */
async function deriveKey({ kdf, kdfparams }: Sealed, password: string): Promise<Hex> {
  const salt = Buffer.from(kdfparams.salt, "hex");
  if (kdf === "pbkdf2") return asHex(await promisify(pbkdf2)(password, salt, kdfparams.c, kdfparams.dklen, "sha256"));
  const { n, r, p, dklen } = kdfparams;
  if (isDefinitions(kdfparams)) {
    const [key] = await Keystore.scryptAsync({ password, salt, n });
    return typeof key === "function" ? key() : key;
  }
  return new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: MOST_MEMORY };
    scrypt(password, salt, dklen, options, (error, key) => (error ? reject(error) : resolve(asHex(key))));
  });
}

/** The bytes are overwritten: what they say is as good as the key. */
function asHex(bytes: Buffer): Hex {
  const text: Hex = `0x${bytes.toString("hex")}`;
  bytes.fill(0);
  return text;
}
