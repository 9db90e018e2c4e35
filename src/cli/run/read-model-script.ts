import { readFileSync } from "node:fs";
import { messageOf, UsageError } from "../../core/errors.ts";
import type { ModelScript } from "../../llm/scripted/model-script.ts";
import { parseModelScript } from "../../llm/scripted/parse-model-script.ts";

/**
 * What `--mock` names: a script's file, or, alone, the model of rehearsals.
 *
 * @throws {UsageError} when the file cannot be read.
 * @throws {ModelScriptError} when it is no script.
 */
export function readModelScript(mock: boolean | string): ModelScript {
  if (typeof mock !== "string") return { rules: [] };
  let text: string;
  try {
    text = readFileSync(mock, "utf8");
  } catch (error) {
    throw new UsageError(`${mock} cannot be read: ${messageOf(error)}`, {
      remedy: "Give the path of a script, or --mock alone, at the end of the line.",
      cause: error,
    });
  }
  return parseModelScript(text, mock);
}
