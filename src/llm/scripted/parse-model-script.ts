import type { z } from "zod";
import type { ModelScript } from "./model-script.ts";
import { ModelScriptError } from "./script-error.ts";
import { scriptObject, turnList } from "./script-schema.ts";

/**
 * Reads a script for the scripted model: an object with `rules`, or a list of turns.
 *
 * @param value - what stands in the file, as JSON; a text is parsed first.
 * @param name - the file's name, for messages.
 * @throws {ModelScriptError} with every problem and where it is.
 */
export function parseModelScript(value: unknown, name = "the script"): ModelScript {
  const given = typeof value === "string" ? fromText(value, name) : value;
  if (Array.isArray(given)) {
    const turns = turnList.safeParse(given);
    if (!turns.success) throw new ModelScriptError(name, problemsOf(turns.error.issues));
    return { rules: turns.data.length === 0 ? [] : [{ do: turns.data }], otherwise: "error" };
  }
  const read = scriptObject.safeParse(given);
  if (!read.success) throw new ModelScriptError(name, problemsOf(read.error.issues));
  return read.data;
}

function fromText(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ModelScriptError(name, [`no JSON: ${error.message}`]);
    throw error;
  }
}

/** Each problem with its place. Of a union that fits in no form, the form that came nearest. */
function problemsOf(issues: readonly z.core.$ZodIssue[], before: readonly PropertyKey[] = []): readonly string[] {
  return issues.flatMap((issue) => {
    const path = [...before, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      const nearest = issue.errors.toSorted((one, other) => depth(other) - depth(one) || one.length - other.length)[0] ?? [];
      return problemsOf(nearest, path);
    }
    return [`${path.length === 0 ? "the script" : path.join(".")}: ${issue.message}`];
  });
}

/** How far into the data the deepest problem lies: the form whose outside fits is the one that was meant. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map((issue) => issue.path.length + (issue.code === "invalid_union" ? Math.max(0, ...issue.errors.map(depth)) : 0)),
  );
}
