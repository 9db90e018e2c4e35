import type { Hash } from "../core/hex.ts";
import { canonicalJson, type Json, sha256, toJson } from "../core/json.ts";
import type { Journal, JournalReader } from "./journal.ts";

/** Stands in an entry's body for JSON or bytes that are stored beside the log under their SHA-256. */
export type BodyReference = {
  readonly $body: Hash;
  /** The stored length in bytes. */
  readonly bytes: number;
};

/** JSON longer than this many bytes does not stand in an entry itself. */
export const INLINE_BYTES = 4_096;

const HASH = /^[0-9a-f]{64}$/;

export function isBodyReference(value: unknown): value is BodyReference {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { $body, bytes, ...rest } = value as Record<string, unknown>;
  return (
    typeof $body === "string" &&
    HASH.test($body) &&
    Number.isSafeInteger(bytes) &&
    Number(bytes) >= 0 &&
    Object.keys(rest).length === 0
  );
}

/** Every reference that stands anywhere in a value. */
export function bodyReferences(value: Json): readonly BodyReference[] {
  const found: BodyReference[] = [];
  const left: Json[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next === null || typeof next !== "object") continue;
    if (isBodyReference(next)) found.push(next);
    else for (const item of Object.values(next)) left.push(item);
  }
  return found;
}

/**
 * What to write into an entry for `value`: the value itself, or, when its JSON is over 4,096 bytes, a reference
 * to it as a stored body.
 *
 * A value that has something like a reference in it is always stored: text from a model must not pass for a
 * reference of ours.
 */
export async function refer(journal: Pick<Journal, "put">, value: unknown): Promise<Json> {
  const { json, bodies } = referring(value);
  for (const body of bodies) await journal.put(body);
  return json;
}

/** As {@link refer} has it, with the bodies that are to be stored with the entry. */
export function referring(value: unknown): { readonly json: Json; readonly bodies: readonly Uint8Array[] } {
  const bytes = Buffer.from(canonicalJson(value));
  if (bytes.length <= INLINE_BYTES) {
    const json = toJson(value);
    if (bodyReferences(json).length === 0) return { json, bodies: [] };
  }
  return { json: { $body: sha256(bytes), bytes: bytes.length }, bodies: [bytes] };
}

/**
 * The value that {@link refer} was given.
 *
 * @throws {MissingBodyError}
 */
export async function dereference(journal: Pick<JournalReader, "get">, value: Json): Promise<Json> {
  if (!isBodyReference(value)) return value;
  return JSON.parse(new TextDecoder().decode(await journal.get(value.$body))) as Json;
}
