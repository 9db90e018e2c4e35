import type { Span } from "./source-text.ts";

/** A Markdown file cut in two: where its frontmatter stands, and the prose after it. */
export interface Frontmatter {
  /** The YAML between the two lines of dashes. */
  readonly yaml: Span;
  readonly prose: Span;
}

/** The frontmatter of a text whose lines end in "\n", or what is wrong with it. */
export function splitFrontmatter(text: string): Frontmatter | { readonly wrong: "none" | "unclosed" } {
  const opening = /^---[ \t]*\n/.exec(text);
  if (!opening) return { wrong: "none" };
  const start = opening[0].length;
  const closing = /^---[ \t]*(?:\n|$)/gm;
  closing.lastIndex = start;
  const found = closing.exec(text);
  if (!found) return { wrong: "unclosed" };
  return { yaml: { start, end: found.index }, prose: { start: found.index + found[0].length, end: text.length } };
}
