import type { Command, CommanderError } from "commander";
import { UsageError } from "../core/errors.ts";

/** What commander says of a command line that is none of ours, as an error of ours. */
export function asUsageError({ message, code }: CommanderError, args: readonly string[], program: Command): UsageError {
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const guess = rest.map((line) => line.replace(/^\(|\)$/g, "")).find((line) => line.startsWith("Did you mean"));
  const command = commandIn(program, args);
  const help = `See: ${["mandate", ...command, "--help"].join(" ")}`;
  const taken = code === "commander.missingArgument" ? takenByMock(args) : null;
  if (taken !== null) {
    return new UsageError(`${first}: --mock took ${taken} for its script`, {
      remedy: `Write --mock at the end of the line: mandate ${command.join(" ")} ${taken} --mock`,
    });
  }
  return new UsageError(code === "commander.help" ? "no command was given" : first, {
    remedy: guess === undefined ? help : `${guess} ${help}`,
  });
}

/** The command that a command line names, as far as there is one: "keys", "new". */
function commandIn(program: Command, args: readonly string[]): readonly string[] {
  const names: string[] = [];
  let at = program;
  for (const arg of args) {
    const next = at.commands.find((command) => command.name() === arg);
    if (next) {
      names.push(arg);
      at = next;
    } else if (names.length > 0 && !arg.startsWith("-")) break;
  }
  return names;
}

/** What stands behind `--mock`, which may take a script and otherwise takes none. */
function takenByMock(args: readonly string[]): string | null {
  const next = args[args.indexOf("--mock") + 1];
  return args.includes("--mock") && next !== undefined && !next.startsWith("-") ? next : null;
}
