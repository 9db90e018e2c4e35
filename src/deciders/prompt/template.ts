import type { ShownProblem } from "../../mandate/mandate-file-error.ts";
import { SourceText, type Span } from "../../mandate/source-text.ts";
import { didYouMean } from "../../mandate/suggest.ts";

export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "partial"; readonly name: string };

/** A template that was read: what stays the same for a mandate, and what is of the moment. */
export interface Template {
  readonly stable: readonly Segment[];
  /** Null: the file has no line `<!-- now -->`. */
  readonly now: readonly Segment[] | null;
  readonly problems: readonly ShownProblem[];
}

export interface TemplateNames {
  /** Variables that may stand in the stable part. */
  readonly stable: readonly string[];
  /** Variables that may stand in the part of the moment only. */
  readonly now: readonly string[];
  readonly partials: readonly string[];
}

const MARK = /^<!-- now -->[ \t]*$/m;
const TAG = /\{\{([^{}]*)\}\}/g;

/**
 * Reads a template: `{{name}}` is a variable, `{{> name}}` a partial, `{{! words}}` a remark that is left out, and the
 * line `<!-- now -->` stands between what stays the same and what is of the moment. Single braces are text.
 */
export function readTemplate(file: string, text: string, names: TemplateNames): Template {
  const source = new SourceText(file, text);
  const mark = MARK.exec(text);
  const cut = mark ? mark.index : text.length;
  const above = readPart(source, { start: 0, end: cut }, names.stable, names, mark !== null);
  if (!mark) return { stable: above.segments, now: null, problems: above.problems };
  const below = { start: Math.min(text.length, cut + mark[0].length + 1), end: text.length };
  const under = readPart(source, below, [...names.stable, ...names.now], names, false);
  return { stable: above.segments, now: under.segments, problems: [...above.problems, ...under.problems] };
}

function readPart(
  source: SourceText,
  part: Span,
  allowed: readonly string[],
  { now, partials }: TemplateNames,
  stable: boolean,
): { readonly segments: readonly Segment[]; readonly problems: readonly ShownProblem[] } {
  const text = source.text.slice(part.start, part.end).trim();
  const offset = part.start + source.text.slice(part.start, part.end).indexOf(text);
  const segments: Segment[] = [];
  const problems: ShownProblem[] = [];
  let at = 0;
  const say = (words: string) => {
    if (words !== "") segments.push({ kind: "text", text: words });
  };
  for (const found of text.matchAll(TAG)) {
    const [whole, inner = ""] = found;
    say(text.slice(at, found.index));
    at = found.index + whole.length;
    const span = { start: offset + found.index, end: offset + at };
    const refuse = (message: string, remedy: string) =>
      problems.push(source.show(span, { path: inner.trim(), code: "UNKNOWN_KEY", message, remedy }));
    if (inner.startsWith("!")) continue;
    const isPartial = inner.startsWith(">");
    const name = (isPartial ? inner.slice(1) : inner).trim();
    const known = isPartial ? partials : allowed;
    if (known.includes(name)) segments.push({ kind: isPartial ? "partial" : "variable", name });
    else if (!isPartial && stable && now.includes(name)) {
      refuse(`{{${name}}} changes with every cycle`, "Move it below the line <!-- now -->: what stays the same comes first.");
    } else {
      const what = isPartial ? "partial" : "variable";
      refuse(`{{${inner.trim()}}}: unknown ${what}`, didYouMean(name, known, `${what}s here: ${known.join(", ") || "none"}`));
    }
  }
  say(text.slice(at));
  return { segments, problems };
}

/** The text of segments, with each variable and partial put in. */
export function fill(
  segments: readonly Segment[],
  variable: (name: string) => string,
  partial: (name: string) => string,
): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      return segment.kind === "variable" ? variable(segment.name) : partial(segment.name);
    })
    .join("");
}
