import type { CommanderError } from "commander";
import { UsageError } from "../core/errors.ts";

/** What commander says of a command line that is none of ours, as an error of ours. */
export function asUsageError({ message, code }: CommanderError, args: readonly string[]): UsageError {
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const guess = rest.map((line) => line.replace(/^\(|\)$/g, "")).find((line) => line.startsWith("Did you mean"));
  const command = args.find((arg) => /^[a-z]/.test(arg));
  const unknown = code === "commander.unknownCommand" || code === "commander.help" || command === undefined;
  const help = `See: mandate ${unknown ? "" : `${command} `}--help`;
  const taken = code === "commander.missingArgument" ? takenByMock(args) : null;
  if (taken !== null) {
    return new UsageError(`${first}: --mock took ${taken} for its script`, {
      remedy: `Write --mock at the end of the line: mandate ${command} ${taken} --mock`,
    });
  }
  return new UsageError(code === "commander.help" ? "no command was given" : first, {
    remedy: guess === undefined ? help : `${guess} ${help}`,
  });
}

/** What stands behind `--mock`, which may take a script and otherwise takes none. */
function takenByMock(args: readonly string[]): string | null {
  const next = args[args.indexOf("--mock") + 1];
  return args.includes("--mock") && next !== undefined && !next.startsWith("-") ? next : null;
}
