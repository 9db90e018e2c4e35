import type { Json } from "../core/json.ts";

/** How long a text and how many items of a list or an object may be, from generous to strict. */
const STEPS: readonly (readonly [text: number, items: number])[] = [
  [2_000, 100],
  [1_000, 50],
  [500, 25],
  [240, 12],
  [120, 6],
  [60, 3],
  [30, 2],
];

/**
 * The same value, cut until its JSON has at most `most` bytes. It stays a value: long texts lose their middle, long lists and objects their
 * end, and each says how much. What fits is not touched.
 */
export function fitJson(value: Json, most: number): Json {
  if (size(value) <= most) return value;
  for (const [text, items] of STEPS) {
    const cut = shorten(value, text, items);
    if (size(cut) <= most) return cut;
  }
  return { cut: `${size(value)} bytes do not fit ${most}: ask for less at once` };
}

function shorten(value: Json, text: number, items: number): Json {
  if (typeof value === "string") return shortText(value, text);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) {
    const kept = value.slice(0, items).map((item) => shorten(item, text, items));
    return value.length > items ? [...kept, `… ${value.length - items} more`] : kept;
  }
  // An envelope's own keys are few: what is cut is what is in them.
  const most = Math.max(items, 12);
  const entries = Object.entries(value);
  const kept = entries.slice(0, most).map(([key, item]): [string, Json] => [shortText(key, 200), shorten(item, text, items)]);
  return Object.fromEntries(entries.length > most ? [...kept, ["…", `${entries.length - most} more`]] : kept);
}

function shortText(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const half = Math.floor(most / 2);
  const left = characters.length - 2 * half;
  return `${characters.slice(0, half).join("")} [… ${left} characters left out …] ${characters.slice(-half).join("")}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function size(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value), "utf8");
}
