import type { Problem, ShownProblem } from "./mandate-file-error.ts";

/** A place in a text: half-open, in UTF-16 code units from the start. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A text whose places can be shown to people. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #starts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  /** The problem with its place worked out: carets end with the line that the span starts on. */
  show(span: Span, problem: Omit<Problem, "file" | "line" | "column">): ShownProblem {
    const start = Math.min(span.start, this.text.length);
    const row = this.#starts.findLastIndex((at) => at <= start);
    const lineStart = this.#starts[row] ?? 0;
    const newline = this.text.indexOf("\n", lineStart);
    const source = this.text.slice(lineStart, newline === -1 ? undefined : newline);
    const before = this.text.slice(lineStart, start);
    const marked = this.text.slice(start, Math.min(span.end, lineStart + source.length));
    return {
      ...problem,
      file: this.file,
      line: row + 1,
      column: [...before].length + 1,
      source,
      width: Math.max(1, [...marked].length),
    };
  }
}
