import type { Command } from "commander";

/** The CLI reference as Markdown, made from the commands themselves. */
export function renderReference(program: Command): string {
  return `${[
    "# The command line",
    "",
    "Made from the commands by `node scripts/launch.mjs --tool node scripts/generate-docs.ts`; a test holds this file to them. In a checkout the command is `./mandate`.",
    "",
    program.description(),
    "",
    "stdout carries data, stderr progress and text for people. `--json`, or a stdout that is no terminal: one JSON document with `schema_version` (one a line where a command runs on). An error is a document too: `{ schema_version, error: { code, message, remedy, details } }`. Nothing is ever asked where there is no terminal.",
    "",
    "| exit code | meaning |",
    "| --- | --- |",
    "| 0 | done |",
    "| 1 | failed |",
    "| 2 | the command line or the mandate file is wrong |",
    "| 3 | refused by the mandate's limits; nothing was signed |",
    "| 4 | needs the operator's approval |",
    "| 5 | record and chain differ or cannot be told: reconcile first |",
    "",
    "## Options of every command",
    "",
    ...optionLines(program),
    ...leaves(program).flatMap(({ path, command }) => [
      "",
      `## ${path}`,
      "",
      command.description(),
      "",
      "```",
      `${path} ${command.usage()}`.trim(),
      "```",
      ...argumentLines(command),
      ...optionLines(command),
      "",
      "```sh",
      ...examplesOf(command),
      "```",
    ]),
  ].join("\n")}\n`;
}

/** Commands that do something, with their whole names. */
function leaves(command: Command, above = ""): readonly { readonly path: string; readonly command: Command }[] {
  const path = `${above} ${command.name()}`.trim();
  return command.commands.length === 0 ? [{ path, command }] : command.commands.flatMap((child) => leaves(child, path));
}

function argumentLines(command: Command): readonly string[] {
  const rows = command.registeredArguments.map((argument) => {
    const { required, description, defaultValue } = argument;
    const shown = required ? `<${argument.name()}>` : `[${argument.name()}]`;
    return `| \`${shown}\` | ${cell(description)}${defaultValue === undefined ? "" : `; default \`${String(defaultValue)}\``} |`;
  });
  return rows.length === 0 ? [] : ["", "| argument | |", "| --- | --- |", ...rows];
}

function optionLines(command: Command): readonly string[] {
  const rows = command.options.map(({ flags, description, argChoices, defaultValue }) => {
    const choices = argChoices ? `: ${argChoices.map((choice) => `\`${choice}\``).join(", ")}` : "";
    const preset = defaultValue === undefined || typeof defaultValue === "boolean" ? "" : `; default \`${String(defaultValue)}\``;
    return `| \`${flags}\` | ${cell(description)}${choices}${preset} |`;
  });
  return rows.length === 0 ? [] : ["", "| option | |", "| --- | --- |", ...rows];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** The lines that its help ends with. */
function examplesOf(command: Command): readonly string[] {
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHelpWidth: () => 10_000,
  });
  command.outputHelp();
  const [, examples = ""] = help.split("\nExamples:\n");
  const lines = examples
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.map((line) => line.replace(/ {2,}/, "  # "));
}
