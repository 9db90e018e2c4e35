import { createHash } from "node:crypto";
import { isDecimal } from "./decimal.ts";
import { InvariantError, MandateError } from "./errors.ts";
import type { Hash } from "./hex.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deepest nesting that a value may have: what is deeper is an attack on whoever reads it. */
const DEEPEST = 200;

/** Whether a value is what JSON can say, and nothing that only looks like it: no number without an end, no object of a class. */
export function isJson(value: unknown): value is Json {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (next === null || typeof next === "string" || typeof next === "boolean") continue;
    if (typeof next === "number") {
      if (!Number.isFinite(next)) return false;
    } else if (Array.isArray(next)) for (const item of next) left.push(item);
    else if (typeof next === "object" && Object.getPrototypeOf(next) === Object.prototype) {
      for (const key of Object.keys(next)) left.push((next as Readonly<Record<string, unknown>>)[key]);
    } else return false;
  }
  return true;
}

/** A value that is nested too deeply to be read safely. */
export class TooDeepError extends MandateError {
  constructor() {
    super("TOO_DEEP", `the value is nested more than ${DEEPEST} deep`, { remedy: "Send flatter data." });
  }
}

/**
 * Plain JSON of a value of ours: decimals and bigints become strings, absent fields stay absent, maps and
 * sets are refused (their order is not part of their meaning).
 */
export function toJson(value: unknown, depth = 0): Json {
  if (depth > DEEPEST) throw new TooDeepError();
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new InvariantError(`${value} has no JSON form`);
    return value;
  }
  if (typeof value === "bigint") return value.toString();
  if (isDecimal(value)) return value.toFixed();
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1));
  if (typeof value === "object" && !(value instanceof Map) && !(value instanceof Set)) {
    const plain = "toJSON" in value && typeof value.toJSON === "function" ? (value.toJSON() as object) : value;
    return Object.fromEntries(
      Object.entries(plain).flatMap(([key, item]) => (item === undefined ? [] : [[key, toJson(item, depth + 1)]])),
    );
  }
  throw new InvariantError(`a ${typeof value} has no JSON form`);
}

/** One text for one value: keys sorted by code unit, no spaces. What hashes are made over. As {@link toJson} has it, in one pass. */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw new TooDeepError();
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(toJson(value, depth));
  if (isDecimal(value)) return `"${value.toFixed()}"`;
  if (Array.isArray(value)) {
    let items = "";
    for (const item of value) items += `${items === "" ? "" : ","}${write(item, depth + 1)}`;
    return `[${items}]`;
  }
  const turns = "toJSON" in value && typeof value.toJSON === "function";
  if (turns || value instanceof Map || value instanceof Set) return write(toJson(value, depth), depth);
  const object = value as { readonly [key: string]: unknown };
  let text = "";
  for (const key of Object.keys(object).sort()) {
    const item = object[key];
    if (item !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${write(item, depth + 1)}`;
  }
  return `{${text}}`;
}

export function sha256(data: string | Uint8Array): Hash {
  return createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of the canonical JSON. */
export function hashOf(value: unknown): Hash {
  return sha256(canonicalJson(value));
}
