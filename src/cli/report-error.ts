import { MandateError, messageOf } from "../core/errors.ts";
import { printable } from "../mandate/render-problem.ts";
import { EXIT, type ExitCode, exitCodeFor } from "./exit-code.ts";
import type { Output } from "./output.ts";

/**
 * Tells what went wrong: for people on stderr, and as a JSON document on stdout where JSON is asked for.
 *
 * @returns the process's exit code.
 */
export function reportError(thrown: unknown, output: Output): ExitCode {
  const error = thrown instanceof MandateError ? thrown : unexpected(thrown);
  output.say(readable(error, output));
  if (output.verbose) for (const line of causesOf(thrown)) output.say(line);
  if (output.json) output.document({ error: error.toJSON() }, () => "");
  return error.code === "UNEXPECTED" ? EXIT.failed : thrown instanceof MandateError ? exitCodeOf(thrown) : EXIT.failed;
}

/** The exit code of an error: by its own code, else by that of the errors that it was made of. */
function exitCodeOf(error: MandateError): ExitCode {
  const own = exitCodeFor(error.code);
  const stop = error.details?.stop;
  return own === EXIT.failed && typeof stop === "string" ? exitCodeFor(stop) : own;
}

function readable(error: MandateError, { styleAside }: Output): string {
  const message = lines(error.message);
  // A message of several lines shows places in a file, each with its remedy.
  const head = message.includes("\n") ? message : `${styleAside("red", "error:")} ${message}`;
  const remedy = error.remedy === undefined ? "" : lines(error.remedy);
  return remedy === "" || message.endsWith(remedy) ? head : `${head}\n${remedy}`;
}

/** Text that may hold anything, safe for a terminal; its line breaks stay. */
function lines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function unexpected(thrown: unknown): MandateError {
  return new MandateError("UNEXPECTED", messageOf(thrown), {
    remedy: "This is a bug in Mandate. Run it again with --verbose and report what it prints.",
    cause: thrown,
  });
}

function causesOf(thrown: unknown): readonly string[] {
  const told: string[] = [];
  for (let error = thrown; error instanceof Error && told.length < 10; error = error.cause) {
    told.push(lines(`${told.length === 0 ? "" : "caused by: "}${error.stack ?? error.message}`));
  }
  return told;
}
