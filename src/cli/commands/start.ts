import { Command } from "commander";
import type { Clock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";

interface StartOptions {
  readonly seed: string;
  readonly model?: string;
  readonly portfolio?: boolean;
}

/** The shipped mandate, in a checkout and in an installed package alike. */
const MANDATE = "mandates/weth-usdc-balanced/MANDATE.md";
const PORTFOLIO = "mandates/balanced-growth/MANDATE.md";
/** Three days, a cycle an hour. */
const PORTFOLIO_CYCLES = 72;

export function startCommand(): Command {
  return new Command("start")
    .summary("see the whole of it work, in a few seconds, with nothing set up")
    .description(
      "Run the shipped mandate on a local world of real contracts: an agent with an 80/20 book that should be 50/50, a market that moves, a model that turns hostile once and is refused, and a gateway that is killed in mid-cycle. No key, no server, no money. Ends with a report; the journal proves it.",
    )
    .option("--seed <text>", "another market", "1")
    .option("--portfolio", "three days of a portfolio of perpetuals and spot on a paper exchange instead")
    .option("--model <provider/id>", "ask a real model instead of the scripted one (needs its key in the environment)")
    .addHelpText(
      "after",
      examples([
        ["mandate start", "what npm start runs"],
        ["mandate start --portfolio", "on a paper exchange, beside buying and holding"],
        ["mandate start --json", "one JSON document on stdout"],
        ["mandate start --model anthropic/claude-sonnet-4-5", "with a real model deciding"],
      ]),
    )
    .action(async ({ seed, model, portfolio = false }: StartOptions, command: Command) => {
      const output = outputOf(command);
      const [{ runRehearsal }, { START_SCENARIO, START_SCRIPT }, { nextRehearsal }, { chooseModel }, { join }] =
        await Promise.all([
          import("../run/run-rehearsal.ts"),
          import("../run/start-scenario.ts"),
          import("../home.ts"),
          import("../run/choose-model.ts"),
          import("node:path"),
        ]);
      const file = join(import.meta.dirname, "..", "..", "..", portfolio ? PORTFOLIO : MANDATE);
      const { home } = nextRehearsal({
        file,
        id: portfolio ? "balanced-growth" : "weth-usdc-balanced",
        home: process.env.MANDATE_HOME || join(process.cwd(), ".mandate"),
      });
      const where = portfolio
        ? "a paper exchange that speaks Hyperliquid's wire protocol"
        : "real Uniswap v3 contracts on a local chain";
      output.say(output.styleAside("bold", `A rehearsal: ${where}, a throwaway key, no money.`));
      const deciding =
        model === undefined ? {} : { model: (clock: Clock, mandate: Mandate) => chooseModel(mandate, clock, model) };
      if (portfolio) {
        const options = { file, home, seed, cycles: PORTFOLIO_CYCLES, crashAt: "after-commit", ...deciding };
        return runRehearsal(output, command.optsWithGlobals<GlobalOptions>(), options);
      }
      await runRehearsal(output, command.optsWithGlobals<GlobalOptions>(), {
        file,
        home,
        seed,
        cycles: 10,
        scenario: START_SCENARIO,
        crashAt: "after-commit",
        ...(model === undefined ? { script: START_SCRIPT } : deciding),
      });
    });
}
