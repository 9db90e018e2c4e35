/** The examples at the end of a command's help: lines to type, and what each does. */
export function examples(lines: readonly (readonly [line: string, what: string])[]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`).join("\n")}`;
}
