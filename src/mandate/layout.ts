import { printable } from "./render-problem.ts";

const WIDEST = 100;
const MARGIN = "  ";
const NAME = 14;

/** A heading and named blocks of lines below it, wrapped between words to 100 columns. */
export function layout(heading: string, blocks: readonly (readonly [name: string, lines: readonly string[]])[]): string {
  const indent = MARGIN.length + NAME;
  const body = blocks.map(([name, lines]) =>
    lines
      .flatMap((line) => wrap(printable(line), WIDEST - indent))
      .map((line, i) => `${MARGIN}${(i === 0 ? name : "").padEnd(NAME)}${line}`.trimEnd())
      .join("\n"),
  );
  return [wrap(printable(heading), WIDEST).join("\n"), ...body].join("\n\n");
}

/** A line as lines of at most `width`: spaces within a line stay, what is wrapped is indented by two more than its start. */
function wrap(line: string, width: number): readonly string[] {
  const hang = `${/^ */.exec(line)?.[0] ?? ""}  `;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const cut = rest.slice(0, space).trim() === "" ? width : space;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = `${hang}${rest.slice(cut).trimStart()}`;
  }
  return [...lines, rest];
}
