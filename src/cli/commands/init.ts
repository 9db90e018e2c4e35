import { Command, Option } from "commander";
import { printable } from "../../mandate/render-problem.ts";
import { examples } from "../examples.ts";
import { TEMPLATES, type TemplateName } from "../init/templates.ts";
import type { WrittenTemplate } from "../init/write-template.ts";
import { outputOf } from "../output.ts";

interface InitOptions {
  readonly template: TemplateName;
  readonly fromConfig?: string;
  readonly force?: boolean;
}

export function initCommand(): Command {
  const names = Object.keys(TEMPLATES);
  return new Command("init")
    .summary("write a mandate to start from, and a test for it")
    .description(
      `Write MANDATE.md and a test for it. Templates: ${Object.entries(TEMPLATES)
        .map(([name, { summary }]) => `${name} (${summary})`)
        .join("; ")}. Nothing is overwritten without --force.`,
    )
    .argument("[dir]", "where to; made when it is not there", ".")
    .addOption(
      new Option("-t, --template <name>", "what to start from")
        .choices(names)
        .default("balanced", "balanced; portfolio with --from-config"),
    )
    .option(
      "--from-config <file>",
      "take model, cadence, thresholds and account from the config.toml of the Python agent; secrets never",
    )
    .option("--force", "overwrite what is there")
    .addHelpText(
      "after",
      examples([
        ["mandate init", "in this folder"],
        ["mandate init --from-config config.toml", "what another agent was set to"],
        ["mandate init my-agent --template cautious", "in a folder of its own, with tight limits"],
      ]),
    )
    .action(async (dir: string, { template: named, fromConfig, force = false }: InitOptions, command: Command) => {
      // That agent trades at an exchange: so does the mandate that is made of its file, unless another is asked for.
      const chosen = command.getOptionValueSource("template") !== "default";
      const template = fromConfig !== undefined && !chosen ? "portfolio" : named;
      const output = outputOf(command);
      const [{ writeTemplate }, { readTextFile }] = await Promise.all([
        import("../init/write-template.ts"),
        import("../../deciders/read-text-file.ts"),
      ]);
      const config = fromConfig === undefined ? undefined : { file: fromConfig, text: readTextFile(fromConfig, "a config.toml") };
      const written = writeTemplate({ dir, template, force, ...(config ? { config } : {}) });
      const [mandate, test] = written.files;
      const next = [`mandate check ${mandate}`, `mandate rehearse ${mandate}`, `node --test ${test}`];
      output.document({ template, ...written, next }, () =>
        [
          ...written.files.map((file) => `wrote ${file}`),
          ...toldOf(written),
          "",
          "next:",
          ...next.map((line) => `  ${line}`),
        ].join("\n"),
      );
    });
}

/** What was taken from a config and what was not, for people. */
function toldOf({ carried, not_carried }: Partial<Pick<WrittenTemplate, "carried" | "not_carried">>): readonly string[] {
  if (!carried || !not_carried) return [];
  return [
    "",
    "taken:",
    ...carried.map(({ from, to, value }) => `  ${printable(from)} → ${to}: ${printable(value)}`),
    "",
    "not taken:",
    ...not_carried.map(({ key, reason }) => `  ${printable(key)}: ${reason}`),
  ];
}
