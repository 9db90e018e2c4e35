import { Command } from "commander";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";

interface StartOptions {
  readonly seed: string;
  readonly model?: string;
}

/** The shipped mandate, in a checkout and in an installed package alike. */
const MANDATE = "mandates/weth-usdc-balanced/MANDATE.md";

export function startCommand(): Command {
  return new Command("start")
    .summary("see the whole of it work, in a few seconds, with nothing set up")
    .description(
      "Run the shipped mandate on a local world of real contracts: an agent with an 80/20 book that should be 50/50, a market that moves, a model that turns hostile once and is refused, and a gateway that is killed in mid-cycle. No key, no server, no money. Ends with a report; the journal proves it.",
    )
    .option("--seed <text>", "another market", "1")
    .option("--model <provider/id>", "ask a real model instead of the scripted one (needs its key in the environment)")
    .addHelpText(
      "after",
      examples([
        ["mandate start", "what npm start runs"],
        ["mandate start --json", "one JSON document on stdout"],
        ["mandate start --model anthropic/claude-sonnet-4-5", "with a real model deciding"],
      ]),
    )
    .action(async ({ seed, model }: StartOptions, command: Command) => {
      const output = outputOf(command);
      const [{ runRehearsal }, { START_SCENARIO, START_SCRIPT }, { nextRehearsal }, { chooseModel }, { join }] =
        await Promise.all([
          import("../run/run-rehearsal.ts"),
          import("../run/start-scenario.ts"),
          import("../home.ts"),
          import("../run/choose-model.ts"),
          import("node:path"),
        ]);
      const file = join(import.meta.dirname, "..", "..", "..", MANDATE);
      const { home } = nextRehearsal({
        file,
        id: "weth-usdc-balanced",
        home: process.env.MANDATE_HOME || join(process.cwd(), ".mandate"),
      });
      output.say(
        output.styleAside("bold", "A rehearsal: real Uniswap v3 contracts on a local chain, a throwaway key, no money."),
      );
      await runRehearsal(output, command.optsWithGlobals<GlobalOptions>(), {
        file,
        home,
        seed,
        cycles: 10,
        scenario: START_SCENARIO,
        crashAt: "after-commit",
        ...(model === undefined ? { script: START_SCRIPT } : { model: (clock, mandate) => chooseModel(mandate, clock, model) }),
      });
    });
}
