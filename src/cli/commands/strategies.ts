import { Command } from "commander";
import { printable } from "../../mandate/render-problem.ts";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";

interface ListOptions {
  readonly dir?: string;
}

export function strategiesCommand(): Command {
  return new Command("strategies")
    .summary("strategies that a mandate can name: list, show, check")
    .description("The strategies that come with the package, or those of a folder: Markdown files with frontmatter that is held.")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(checkCommand())
    .addHelpText("after", examples([["mandate strategies list", "what comes with the package"]]));
}

const DIR = "a folder of strategy files (default: those of the package)";

function listCommand(): Command {
  return new Command("list")
    .summary("what there is")
    .description("List strategies with what their frontmatter holds them to.")
    .option("--dir <folder>", DIR)
    .addHelpText("after", examples([["mandate strategies list --dir ./strategies", "those of a folder"]]))
    .action(async ({ dir }: ListOptions, command: Command) => {
      const output = outputOf(command);
      const strategies = await load(dir);
      output.document({ strategies: strategies.map(({ body: _, ...rest }) => rest) }, () =>
        strategies
          .map(({ id, title, markets, risk_profile, max_position_pct, max_leverage }) => {
            const held = `at most ${max_position_pct.toFixed()} % a position, ${max_leverage.toFixed()} times in all`;
            return `${id.padEnd(28)}${printable(title)}\n${"".padEnd(28)}${markets.join(", ")}; ${risk_profile}; ${held}`;
          })
          .join("\n"),
      );
    });
}

function showCommand(): Command {
  return new Command("show")
    .summary("one of them, whole")
    .description("Show one strategy: its frontmatter and its words.")
    .argument("<id>", "the strategy's id")
    .option("--dir <folder>", DIR)
    .addHelpText("after", examples([["mandate strategies show funding-harvest", "one of the package"]]))
    .action(async (id: string, { dir }: ListOptions, command: Command) => {
      const output = outputOf(command);
      const [strategies, { didYouMean }, { UsageError }, { toJson }] = await Promise.all([
        load(dir),
        import("../../mandate/suggest.ts"),
        import("../../core/errors.ts"),
        import("../../core/json.ts"),
      ]);
      const strategy = strategies.find((one) => one.id === id);
      if (!strategy) {
        const ids = strategies.map((one) => one.id);
        throw new UsageError(`there is no strategy ${printable(id)}`, {
          remedy: didYouMean(id, ids, `Strategies: ${ids.join(", ")}.`),
        });
      }
      output.document({ strategy }, () => {
        const { body, ...rest } = strategy;
        const lines = Object.entries(rest).map(([key, value]) => {
          const text = typeof value === "string" ? value : JSON.stringify(toJson(value));
          return `${key.padEnd(28)}${printable(text)}`;
        });
        return [...lines, "", ...body.split("\n").map(printable)].join("\n");
      });
    });
}

function checkCommand(): Command {
  return new Command("check")
    .summary("whether the files of a folder are right")
    .description("Check every strategy file of a folder. Each mistake is shown with its line and what to write instead (exit 2).")
    .argument("<dir>", "the folder")
    .addHelpText("after", examples([["mandate strategies check ./strategies", "your own"]]))
    .action(async (dir: string, _: object, command: Command) => {
      const output = outputOf(command);
      const strategies = await load(dir);
      const ids = strategies.map(({ id }) => id);
      output.document(
        { ok: true, strategies: ids },
        () => `${ids.length} strategies: ${ids.join(", ")}\n${output.style("green", "ok")}`,
      );
    });
}

async function load(dir: string | undefined) {
  const { loadStrategies, SHIPPED_STRATEGIES } = await import("../../deciders/strategies/load-strategies.ts");
  return loadStrategies(dir ?? SHIPPED_STRATEGIES);
}
