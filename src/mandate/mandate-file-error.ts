import { MandateError } from "../core/errors.ts";
import { renderProblem } from "./render-problem.ts";

export type ProblemCode =
  | "NO_FRONTMATTER"
  | "NOT_YAML"
  | "NOT_PLAIN_YAML"
  | "DUPLICATE_KEY"
  | "UNKNOWN_KEY"
  | "MISSING_KEY"
  | "NO_VALUE"
  | "WRONG_TYPE"
  | "NO_UNIT"
  | "NOT_A_DECIMAL"
  | "NOT_A_DURATION"
  | "OUT_OF_RANGE"
  | "BAD_VALUE"
  | "BAD_LABEL"
  | "BAD_ADDRESS"
  | "BAD_CHECKSUM"
  | "BAD_URL"
  | "BAD_PATH"
  | "DUPLICATE_VALUE"
  | "EMPTY_PROSE"
  | "TOO_LARGE"
  | "BOOK_UNREADABLE"
  | "UNKNOWN_NETWORK"
  | "MIXED_NETWORK"
  | "WALLET_REQUIRED"
  | "UNKNOWN_TOKEN"
  | "UNKNOWN_CONTRACT"
  | "UNKNOWN_FUNCTION"
  | "UNKNOWN_ARGUMENT"
  | "NO_FEED"
  | "NO_PEG"
  | "MUST_BE_FINITE"
  | "CONFLICT";

/** One thing that is wrong with a mandate file (or a book that it names), where it stands, and what to do. */
export interface Problem {
  /** The file that the line is of: the mandate, or the book that it names. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** The key's dotted path: "limits.max_daily_spend". Empty for the file as a whole. */
  readonly path: string;
  readonly code: ProblemCode;
  readonly message: string;
  readonly remedy: string;
}

/** A problem with the text that it is shown with. */
export interface ShownProblem extends Problem {
  /** The line as it stands in the file. */
  readonly source: string;
  /** How many characters the carets mark, from `column`. */
  readonly width: number;
}

/** A mandate file that is refused. The message shows every problem with its line, sorted by place. */
export class MandateFileError extends MandateError {
  readonly problems: readonly Problem[];

  constructor(shown: readonly ShownProblem[]) {
    const sorted = [...shown].sort(
      (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
    );
    const problems = sorted.map(({ source: _source, width: _width, ...problem }): Problem => problem);
    super("MANDATE_FILE", sorted.map(renderProblem).join("\n\n"), {
      remedy: problems.length === 1 ? (problems[0]?.remedy ?? "") : `Correct the ${problems.length} places shown.`,
      details: { problems },
    });
    this.problems = problems;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
