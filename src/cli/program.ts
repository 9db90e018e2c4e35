import { Command, Option } from "commander";
import { COMMANDS } from "./commands.ts";
import { examples } from "./examples.ts";
import { LOG_LEVELS } from "./log-level.ts";
import type { GlobalOptions } from "./output.ts";
import { version } from "./version.ts";

/** The whole command line, declared and not run. Reading it loads nothing that a command needs. */
export function createProgram(): Command {
  const program = new Command("mandate")
    .description("Run LLM agents that move real money on-chain, within limits that a hostile model cannot break.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print a command's help")
    .option("--json", "data as JSON on stdout; the default where stdout is no terminal")
    .option("--no-json", "text for people on stdout, also where stdout is no terminal")
    .option("--verbose", "say more on stderr: steps, causes, stacks")
    .addOption(new Option("--log-level <level>", "JSON logs on stderr from this level on").choices(LOG_LEVELS))
    .option("--no-color", "no colours (so does NO_COLOR)")
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText(
      "after",
      examples([
        ["mandate init", "write a mandate to start from"],
        ["mandate check MANDATE.md", "what it permits, and the worst case"],
        ["mandate doctor", "what is installed and what is missing"],
        ["mandate log MANDATE.md --follow", "watch what happens"],
      ]),
    );
  logRuns(program);
  for (const make of COMMANDS) program.addCommand(inheriting(make(), program));
  return program;
}

/** With --verbose or --log-level, each run of a command and how long it took is in the log on stderr. */
function logRuns(program: Command): void {
  let started = 0;
  const log = async (command: Command, what: string, facts: () => object) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    if (!options.verbose && options.logLevel === undefined) return;
    const { createLog } = await import("./log.ts");
    createLog(options).debug({ command: command.name(), ...facts() }, what);
  };
  program.hook("preAction", async (_, command) => {
    started = performance.now();
    await log(command, "started", () => ({ version: version(), node: process.versions.node }));
  });
  program.hook("postAction", (_, command) => log(command, "ended", () => ({ ms: Math.round(performance.now() - started) })));
}

/** `addCommand` takes a command as it is: error handling and help are handed down here. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).helpOption("-h, --help", "print this help");
  if (command.commands.length > 0) command.helpCommand(false);
  for (const child of command.commands) inheriting(child, command);
  return command;
}
