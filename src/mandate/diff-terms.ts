import { type Decimal, decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { Terms } from "./terms.ts";
import { termsToJson } from "./terms-json.ts";

/** One thing that is otherwise under other terms. */
export interface TermsChange {
  /** "limits.max_single_trade_usd", "book.chains.base.contracts.router.address" */
  readonly path: string;
  /** Null: it was not there, or is not any more. */
  readonly before: string | null;
  readonly after: string | null;
  /** Whether more can happen than before. What cannot be told counts as wider. */
  readonly effect: "wider" | "narrower";
}

/** Limits of which less lets more through. */
const LOWER_IS_WIDER: readonly string[] = [
  "limits.cooldown_seconds",
  "limits.min_cash_usd",
  "limits.min_liquidation_distance_pct",
];

/** What changes from one terms to others, by path; addresses and values as they are. */
export function diffTerms(before: Terms, after: Terms): readonly TermsChange[] {
  const [old, young] = [leaves(termsToJson(before)), leaves(termsToJson(after))];
  const paths = [...new Set([...old.keys(), ...young.keys()])].sort();
  return paths.flatMap((path): TermsChange[] => {
    const [was, is] = [old.get(path) ?? null, young.get(path) ?? null];
    return was === is ? [] : [{ path, before: was, after: is, effect: effectOf(path, was, is) }];
  });
}

function effectOf(path: string, was: string | null, is: string | null): TermsChange["effect"] {
  const [higher, lower]: readonly TermsChange["effect"][] = LOWER_IS_WIDER.includes(path)
    ? ["narrower", "wider"]
    : ["wider", "narrower"];
  const listed = /^limits\.allow(ed)?_\w+\[/.test(path) || path.startsWith("book.");
  // A list or a book that names less lets less happen; a feed or an endpoint that is gone checks nothing any more.
  if (path.startsWith("limits.require_human_approval_for")) return is === null || is === "false" ? "wider" : "narrower";
  if (is === null) return listed && !/\.feeds\.|\.witnesses\[/.test(path) ? "narrower" : "wider";
  if (was === null) return "wider";
  const [a, b] = [sizeOf(was), sizeOf(is)];
  if (!/^(?:limits|fleet)\.(?!allowed_)|\.(max_age|deviation_bps|band_bps)$/.test(path) || a === null || b === null)
    return "wider";
  if (a === "unlimited" || b === "unlimited") return (b === "unlimited" ? higher : lower) ?? "wider";
  return (b.gt(a) ? higher : lower) ?? "wider";
}

function sizeOf(text: string): Decimal | "unlimited" | null {
  if (text === "unlimited") return text;
  return /^\d{1,80}(\.\d{1,80})?$/.test(text) ? decimal(text) : null;
}

/** Every value by its path. A list's members stand under themselves: their order means nothing. */
function leaves(value: Json, path = "", found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    for (const item of value) found.set(`${path}[${String(item)}]`, String(item));
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) leaves(item, path === "" ? key : `${path}.${key}`, found);
  } else found.set(path, String(value));
  return found;
}
