import { CommanderError } from "commander";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { createProgram } from "./program.ts";

/**
 * Runs one command line, without the program's name. Resolves to its exit code; a command that ended without an error
 * may have set `process.exitCode` itself. Never rejects.
 */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  const program = createProgram();
  try {
    await program.parseAsync([...args], { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const [{ reportError }, { asUsageError }, { createOutput }] = await Promise.all([
      import("./report-error.ts"),
      import("./as-usage-error.ts"),
      import("./output.ts"),
    ]);
    const output = createOutput(flagsOf(args));
    return reportError(error instanceof CommanderError ? asUsageError(error, args, program) : error, output);
  }
}

/** The global flags of a command line, read without its grammar: it may be the grammar that failed. */
function flagsOf(args: readonly string[]) {
  const end = args.indexOf("--");
  const flags = end === -1 ? args : args.slice(0, end);
  const json = flags.findLast((flag) => flag === "--json" || flag === "--no-json");
  return {
    ...(json === undefined ? {} : { json: json === "--json" }),
    verbose: flags.includes("--verbose"),
    color: !flags.includes("--no-color"),
  };
}
