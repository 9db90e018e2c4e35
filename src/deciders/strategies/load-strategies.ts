import { readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UsageError } from "../../core/errors.ts";
import type { ShownProblem } from "../../mandate/mandate-file-error.ts";
import { SourceText } from "../../mandate/source-text.ts";
import { FileProblemsError } from "../file-problems.ts";
import { readTextFile } from "../read-text-file.ts";
import { parseStrategy } from "./parse-strategy.ts";
import type { Strategy } from "./strategy.ts";

/** Where the strategies stand that come with the package. */
export const SHIPPED_STRATEGIES: string = join(import.meta.dirname, "..", "..", "..", "strategies");

/**
 * Every strategy of a folder: its files that end in .md, README.md left out, by id.
 *
 * @throws {UsageError} when the folder or a file cannot be read.
 * @throws {FileProblemsError} with every problem of every file.
 */
export function loadStrategies(folder: string): readonly Strategy[] {
  const problems: ShownProblem[] = [];
  const strategies = new Map<string, Strategy>();
  for (const name of namesIn(folder)) {
    const file = join(folder, name);
    const text = readTextFile(file, "a strategy");
    const read = parseStrategy(file, text);
    problems.push(...read.problems);
    if (!read.strategy) continue;
    const { id } = read.strategy;
    if (strategies.has(id)) {
      const at = Math.max(0, text.indexOf(id));
      const message = `id: another file of this folder is called ${id} too`;
      const shown = { path: "id", code: "DUPLICATE_VALUE" as const, message, remedy: "Give it an id of its own." };
      problems.push(new SourceText(file, text).show({ start: at, end: at + id.length }, shown));
    } else strategies.set(id, read.strategy);
  }
  if (problems.length > 0) throw new FileProblemsError("STRATEGY_FILE", problems);
  return [...strategies.values()];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".md") && name.toLowerCase() !== "readme.md")
      .sort();
  } catch (error) {
    throw new UsageError(`${folder} cannot be read: ${messageOf(error)}`, {
      remedy: "Give a folder of strategy files.",
      cause: error,
    });
  }
}
