import { Decimal, decimal } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import { printable } from "../../mandate/render-problem.ts";

/** What stands at a path of JSON that anybody may have written; undefined where there is nothing. */
export function pick(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string | number, Json>>)[key];
  }
  return at;
}

/** The list at a path; empty where there is none. */
export function list(value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] {
  const found = pick(value, ...path);
  return Array.isArray(found) ? found : [];
}

const LONGEST = 200;

/** The text at a path, safe for a terminal and at most 200 characters long; "" where there is none. */
export function text(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = pick(value, ...path);
  if (typeof found !== "string") return "";
  const safe = [...printable(found)];
  return safe.length > LONGEST ? `${safe.slice(0, LONGEST - 1).join("")}…` : safe.join("");
}

/** The amount at a path; undefined where there is none. */
export function amount(value: Json | undefined, ...path: readonly (string | number)[]): Decimal | undefined {
  const found = pick(value, ...path);
  return typeof found === "string" && /^-?\d{1,80}(\.\d{1,80})?$/.test(found) ? decimal(found) : undefined;
}

const PLACES = 6;

/** "-0.1102" or "+373.18": a change, cut to six decimal places. */
export function change(value: Decimal): string {
  return `${value.isNegative() ? "" : "+"}${value.toDecimalPlaces(PLACES, Decimal.ROUND_DOWN).toFixed()}`;
}

/** "WETH" of "base/WETH". */
export function symbolOf(asset: string): string {
  return asset.slice(asset.indexOf("/") + 1);
}
