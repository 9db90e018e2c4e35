import type { Json } from "../core/json.ts";
import { redactText } from "./redact-text.ts";

const SECRET = /pass(word|phrase)?|secret|mnemonic|seed|private[_-]?key|api[_-]?key|^key$|authorization|token$/i;
/** Names that end like a secret's and are an asset's. */
const ASSET = /^(token|token_in|token_out|underlying_token|from_token|to_token)$/i;
const KEY_LIKE = /^(0x)?[0-9a-fA-F]{64}$/;
const LONGEST = 2_000;
const DEEPEST = 20;

/** Arguments as they go on record: no secrets, nothing too long or too deep, plain JSON whatever came. */
export function redacted(value: unknown, depth = 0): Json {
  if (depth > DEEPEST) return "(too deep)";
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return KEY_LIKE.test(value) ? "(redacted)" : redactText(value).slice(0, LONGEST);
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redacted(item, depth + 1));
  if (typeof value !== "object") return `(${typeof value})`;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 100)
      .map(([key, item]): [string, Json] => [
        key,
        SECRET.test(key) && !ASSET.test(key) ? "(redacted)" : redacted(item, depth + 1),
      ]),
  );
}
