import { Command, Option } from "commander";
import { examples } from "../examples.ts";
import { TEMPLATES, type TemplateName } from "../init/templates.ts";
import { outputOf } from "../output.ts";

interface InitOptions {
  readonly template: TemplateName;
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
    .addOption(new Option("-t, --template <name>", "what to start from").choices(names).default("balanced"))
    .option("--force", "overwrite what is there")
    .addHelpText(
      "after",
      examples([
        ["mandate init", "in this folder"],
        ["mandate init my-agent --template cautious", "in a folder of its own, with tight limits"],
      ]),
    )
    .action(async (dir: string, { template, force = false }: InitOptions, command: Command) => {
      const output = outputOf(command);
      const { writeTemplate } = await import("../init/write-template.ts");
      const written = writeTemplate({ dir, template, force });
      const [mandate, test] = written.files;
      const next = [`mandate check ${mandate}`, `mandate rehearse ${mandate}`, `node --test ${test}`];
      output.document({ template, ...written, next }, () =>
        [...written.files.map((file) => `wrote ${file}`), "", "next:", ...next.map((line) => `  ${line}`)].join("\n"),
      );
    });
}
