import { MandateError } from "../core/errors.ts";
import type { Problem, ShownProblem } from "../mandate/mandate-file-error.ts";
import { renderProblem } from "../mandate/render-problem.ts";

/** A file beside the mandate that is refused. The message shows every problem with its line, sorted by place. */
export class FileProblemsError extends MandateError {
  readonly problems: readonly Problem[];

  constructor(code: "PROMPT_FILE" | "STRATEGY_FILE", shown: readonly ShownProblem[]) {
    const sorted = [...shown].sort(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
    );
    const problems = sorted.map(({ source: _source, width: _width, ...problem }): Problem => problem);
    super(code, sorted.map(renderProblem).join("\n\n"), {
      remedy: problems.length === 1 ? (problems[0]?.remedy ?? "") : `Correct the ${problems.length} places shown.`,
      details: { problems },
    });
    this.problems = problems;
  }
}
