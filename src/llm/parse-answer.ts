import { parseDoubled } from "./parse-doubled.ts";

export type ParsedAnswer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Characters looked at before the search is given up: a text of nothing but "{" would take the square of its length. */
const EFFORT = 20_000_000;

/**
 * The first complete JSON object in a model's text: the whole text, or within a fence or prose. Braces
 * in strings do not count, braces in prose that are no JSON are passed over, and what follows the first object
 * is not looked at. A key that an object has twice is read as a `WrittenTwice`.
 */
export function parseAnswer(text: string): ParsedAnswer {
  let effort = EFFORT;
  let seen = false;
  for (let start = text.indexOf("{"); start !== -1; start = text.indexOf("{", start + 1)) {
    seen = true;
    const end = endOfObject(text, start, start + effort);
    effort -= (end ?? text.length) - start;
    if (effort <= 0) return { ok: false, reason: "No JSON object found: too many braces" };
    if (end === undefined) continue;
    const candidate = text.slice(start, end);
    const value = readJson(candidate);
    if (value !== undefined) return { ok: true, value, text: candidate };
  }
  return { ok: false, reason: seen ? "No complete JSON object" : "No JSON object" };
}

/** The index after the brace that closes the one at `start`. */
function endOfObject(text: string, start: number, limit: number): number | undefined {
  let depth = 0;
  let quoted = false;
  const stop = Math.min(text.length, limit);
  for (let i = start; i < stop; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === BACKSLASH) i++;
      else if (c === QUOTE) quoted = false;
    } else if (c === QUOTE) quoted = true;
    else if (c === OPEN) depth++;
    else if (c === CLOSE && --depth === 0) return i + 1;
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** JSON, also where a model wrote NaN or Infinity as if they were numbers: they become text, which no amount is. */
function readJson(text: string): Readonly<Record<string, unknown>> | undefined {
  const read = parseDoubled(text) ?? parseDoubled(text.replace(STRING_OR_NO_NUMBER, quoted));
  return read as Readonly<Record<string, unknown>> | undefined;
}

const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

function quoted(found: string): string {
  return found.startsWith('"') ? found : `"${found}"`;
}
