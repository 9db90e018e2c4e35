import { decimal } from "../core/decimal.ts";
import type { TermsChange } from "./diff-terms.ts";
import { dollars } from "./dollars.ts";
import { printable } from "./render-problem.ts";

/** What a list of limits says of its members. */
const MEMBERS: Readonly<Record<string, string>> = {
  allowed_tokens: "may be held and traded",
  allowed_contracts: "may be called",
  allowed_recipients: "may be paid",
  allow_unfloored: "may be given money without a floor",
  allowed_protocols: "may be used",
  allowed_signatures: "may be signed",
  allowed_hours: "is a time to trade",
  allowed_markets: "may be traded",
  allowed_tools: "may be called by the agent",
  allowed_deciders: "may decide",
  require_human_approval_for: "is asked about",
};

/** One change of terms as a sentence, for whoever has to agree to it: values with their units, addresses whole. */
export function tellChange({ path, before, after }: TermsChange): string {
  const [, list = "", member = ""] = /^limits\.(\w+)\[([^\]]*)\]$/.exec(path) ?? [];
  const says = Object.hasOwn(MEMBERS, list) ? MEMBERS[list] : undefined;
  if (says !== undefined) return printable(`${member} ${says}${after === null ? " no more" : " from here on"} (${list})`);
  const name = path.replace(/^limits\./, "");
  return printable(moved(name, before, after));
}

function moved(name: string, before: string | null, after: string | null): string {
  const [was, is] = [before, after].map((value) => (value === null ? null : withUnit(name, value)));
  if (was === null || was === undefined) return `${name} is ${is}, where there was none`;
  if (is === null || is === undefined) return `${name} is gone; it was ${was}`;
  const up = isMore(before ?? "", after ?? "");
  return up === null ? `${name} is ${is} instead of ${was}` : `${name} goes ${up ? "up" : "down"} from ${was} to ${is}`;
}

/** Null: they are no sizes. */
function isMore(before: string, after: string): boolean | null {
  if (![before, after].every((value) => value === "unlimited" || NUMBER.test(value))) return null;
  if (before === "unlimited" || after === "unlimited") return after === "unlimited";
  return decimal(after).gt(decimal(before));
}

const NUMBER = /^\d{1,80}(\.\d{1,80})?$/;

function withUnit(name: string, value: string): string {
  if (!NUMBER.test(value)) return value;
  if (/_usd(_per_\w+)?$/.test(name)) return dollars(decimal(value));
  if (name.endsWith("_bps")) return `${value} bps`;
  if (name.endsWith("_pct")) return `${value} %`;
  return name.endsWith("_seconds") ? `${value} seconds` : value;
}
