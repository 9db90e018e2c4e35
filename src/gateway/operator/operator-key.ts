import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { MandateError, messageOf } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import { sha256 } from "../../core/json.ts";

/** A file that is no operator's key, or that others can read. */
export class OperatorKeyError extends MandateError {
  constructor(code: "OPERATOR_KEY_UNREADABLE" | "OPERATOR_KEY_EXPOSED", message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, cause });
  }
}

/** The operator's credential: it signs orders. */
export interface OperatorKey {
  /** The Ed25519 public key, 32 bytes in hex: all that a gateway has of it. */
  readonly publicKey: string;
  /** Ed25519 signature in hex. */
  sign(text: string): string;
}

/** The operator's key of a rehearsal, in the folder of its journal. */
export const REHEARSAL_OPERATOR_KEY = "operator.key";

/** Before the signed text, so that no other protocol's message passes for an order. */
const DOMAIN = "mandate.v1.Operator\n";
/** DER of an Ed25519 public key, before its 32 bytes. */
const SPKI = "302a300506032b6570032100";
/** DER of an Ed25519 private key, before its 32 bytes. */
const PKCS8 = "302e020100300506032b657004220420";
const PUBLIC = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;
/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/**
 * Makes a key pair: the private key in `file` (mode 0600, never overwritten), the public one in `file.pub`.
 *
 * @returns the public key.
 */
export function createOperatorKey(file: string): string {
  return keepOperatorKey(file, generateKeyPairSync("ed25519").privateKey);
}

/**
 * The same key for everybody who names the same seed: a rehearsal's operator, whose orders are worth nothing.
 *
 * @returns the public key.
 */
export function createRehearsalOperatorKey(file: string, seed: string): string {
  const der = Buffer.concat([Buffer.from(PKCS8, "hex"), Buffer.from(sha256(DOMAIN + seed), "hex")]);
  return keepOperatorKey(file, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

function keepOperatorKey(file: string, privateKey: KeyObject): string {
  const publicKey = publicOf(privateKey);
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  keepPublicHalf(file, publicKey);
  return publicKey;
}

/** Writes a pair's public half beside the private one, which something else may have made. @returns its path. */
export function keepPublicHalf(file: string, publicKey: string): string {
  writeFileSync(`${file}.pub`, `${publicKey}\n`, { mode: 0o644 });
  return `${file}.pub`;
}

/**
 * The operator's own key, from a file that only its owner can read.
 *
 * @throws {OperatorKeyError}
 */
export function readOperatorKey(file: string): OperatorKey {
  const privateKey = readPrivate(file, readText(file));
  if ((statSync(file).mode & OTHERS) !== 0) {
    throw new OperatorKeyError("OPERATOR_KEY_EXPOSED", `${file} can be read by others than its owner`, `chmod 600 ${file}`);
  }
  return {
    publicKey: publicOf(privateKey),
    sign: (text) => sign(null, Buffer.from(DOMAIN + text), privateKey).toString("hex"),
  };
}

/**
 * The public key of a file that has either half of a pair.
 *
 * @throws {OperatorKeyError}
 */
export function readOperatorPublicKey(file: string): string {
  const text = readText(file);
  return PUBLIC.test(text.trim()) ? text.trim() : publicOf(readPrivate(file, text));
}

/**
 * Whether a file has the private half, which signs, or the public one alone.
 *
 * @throws {OperatorKeyError} it is neither.
 */
export function holdsPrivateKey(file: string): boolean {
  const text = readText(file);
  return !PUBLIC.test(text.trim()) && readPrivate(file, text).type === "private";
}

/** Whether a signature over a text is by the holder of a public key. Malformed ones are not. */
export function signedBy(publicKey: string, text: string, signature: string): boolean {
  if (!PUBLIC.test(publicKey) || !SIGNATURE.test(signature)) return false;
  const key = createPublicKey({ key: Buffer.from(SPKI + publicKey, "hex"), format: "der", type: "spki" });
  return verify(null, Buffer.from(DOMAIN + text), key, Buffer.from(signature, "hex"));
}

export function operatorKeyHash(publicKey: string): Hash {
  return sha256(Buffer.from(publicKey, "hex"));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OperatorKeyError(
      "OPERATOR_KEY_UNREADABLE",
      `${file} cannot be read: ${messageOf(error)}`,
      "Give the operator's key file, as the user that owns it.",
      error,
    );
  }
}

function readPrivate(file: string, text: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    throw notAKey(file, error);
  }
  throw notAKey(file);
}

function notAKey(file: string, cause?: unknown): OperatorKeyError {
  return new OperatorKeyError(
    "OPERATOR_KEY_UNREADABLE",
    `${file} is no operator's key`,
    "Let the gateway make one: mandate gateway FILE --operator-key KEY",
    cause,
  );
}

function publicOf(privateKey: KeyObject): string {
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return der.subarray(SPKI.length / 2).toString("hex");
}
