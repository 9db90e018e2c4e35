import type { ShownProblem } from "./mandate-file-error.ts";

const WIDEST = 100;

/**
 * A problem as people see it: place, message, the source line with carets, the remedy.
 *
 * What comes from the file is shown without control and bidirectional characters, so that a file cannot
 * write to the reader's terminal.
 */
export function renderProblem({ file, line, column, message, source, width, remedy }: ShownProblem): string {
  const gutter = `${String(line).padStart(6)} | `;
  const characters = [...printable(source)];
  const start = Math.min(column - 1, characters.length);
  const from = start > WIDEST - 20 ? start - 20 : 0;
  const shown = characters.slice(from, from + WIDEST).join("");
  const carets = "^".repeat(Math.max(1, Math.min(width, from + WIDEST - start, characters.length - start)));
  return [
    `${printable(file)}:${line}  ${printable(message)}`,
    `${gutter}${shown}`.trimEnd(),
    `${" ".repeat(gutter.length + start - from)}${carets}`,
    printable(remedy),
  ].join("\n");
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text without characters that move a cursor or change the direction of writing: each becomes a space. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}
