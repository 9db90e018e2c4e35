import { Command, Option } from "commander";
import type { MarketInput } from "../../worlds/paper-exchange/open-market.ts";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { readFunds } from "../run/read-funds.ts";
import { readTimeSpan } from "../time-span.ts";
import { positiveNumber } from "../whole-number.ts";

interface RehearseOptions {
  readonly network?: string;
  readonly decider?: "structured" | "loop" | "code";
  readonly cycles?: number;
  readonly for?: number;
  readonly every?: number;
  readonly market?: readonly string[];
  readonly speed?: number;
  readonly seed: string;
  readonly fund?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly mock?: boolean | string;
  readonly dryRun?: boolean;
  /** False where --no-shell was given. */
  readonly shell?: boolean;
  readonly home?: string;
}

export function rehearseCommand(): Command {
  return new Command("rehearse")
    .summary("run a mandate on a local world")
    .description(
      "Start a world (real contracts, or a paper exchange), a gateway in a process of its own with a throwaway key, and the agent, on virtual time. The same code path as live. The model is the scripted one unless --model asks for another. The same seed writes the same journal.",
    )
    .argument("<file>", "the mandate")
    .option("-n, --network <name>", "a network of the mandate that is a world")
    .addOption(
      new Option("--decider <name>", "decide this way, in place of the mandate's").choices(["structured", "loop", "code"]),
    )
    .option("--cycles <n>", "how many cycles (default: 10)", positiveNumber)
    .option("--for <time>", "how long instead, in the world's time: 12h, 30d", readTimeSpan)
    .option("--every <time>", "time between cycles, in place of the mandate's", readTimeSpan)
    .option("--seed <text>", "the market's seed", "1")
    .option(
      "--fund <list>",
      "what the wallet starts with (default: ETH=1,WETH=0.4,USDC=300; at a paper exchange 50000 dollars)",
      readFunds,
    )
    .option("--market <file...>", "a paper exchange's prices: candles (BTC.csv, ETH.csv) or one file of recorded books")
    .option("--speed <n>", "a paper exchange's seconds in each second, for people who watch", positiveNumber)
    .option("--model <provider/id>", "ask a real model (needs its key in the environment)")
    .option("--mock [script]", "the scripted model, as without it; with a file, by that script (docs/mock-model.md)")
    .option("--dry-run", "the pipeline up to the verdict; nothing is signed")
    .option("--no-shell", "typed tools only: a model with tools runs no commands, as shell: off in the mandate says")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)")
    .addHelpText(
      "after",
      examples([
        ["mandate rehearse MANDATE.md", "ten cycles with the scripted model"],
        ["mandate rehearse MANDATE.md --cycles 100 --seed 7", "longer, in another market"],
        ["mandate rehearse MANDATE.md --decider code", "the same mandate, decided by its code"],
        ["mandate rehearse MANDATE.md --model openai/gpt-4o --json", "a real model; the report as JSON"],
        ["mandate rehearse mandates/balanced-growth/MANDATE.md --for 30d --fund 500", "a month of a small account"],
      ]),
    )
    .action(async (file: string, options: RehearseOptions, command: Command) => {
      const output = outputOf(command);
      const [
        { runRehearsal },
        { nextRehearsal },
        { readMandate },
        { REHEARSAL_WALLET },
        { chooseModel },
        { readModelScript },
        { UsageError },
      ] = await Promise.all([
        import("../run/run-rehearsal.ts"),
        import("../home.ts"),
        import("../../mandate/read-mandate.ts"),
        import("../../worlds/anvil/rehearsal-wallet.ts"),
        import("../run/choose-model.ts"),
        import("../run/read-model-script.ts"),
        import("../../core/errors.ts"),
      ]);
      const { network, decider, seed, fund, model, mock, dryRun, every, speed } = options;
      const { terms, brief } = readMandate(file, { network, decider, worldWallet: REHEARSAL_WALLET });
      if (options.for !== undefined && options.cycles !== undefined) {
        throw new UsageError("--for and --cycles contradict each other", { remedy: "Give one of them." });
      }
      if (mock !== undefined && model !== undefined) {
        throw new UsageError("--mock and --model contradict each other", { remedy: "Give one of them." });
      }
      if (terms.venue !== "hyperliquid" && (options.market !== undefined || speed !== undefined)) {
        throw new UsageError("--market and --speed are a paper exchange's", { remedy: "Leave them out for this mandate." });
      }
      const cycles =
        options.for === undefined ? (options.cycles ?? 10) : Math.max(1, Math.floor(options.for / (every ?? brief.every)));
      const { home } = nextRehearsal({ file, id: terms.id, home: options.home });
      await runRehearsal(output, command.optsWithGlobals<GlobalOptions>(), {
        file,
        home,
        seed,
        cycles,
        ...(network === undefined ? {} : { network }),
        ...(decider === undefined ? {} : { decider }),
        ...(fund === undefined ? {} : { fund }),
        ...(every === undefined ? {} : { every }),
        ...(speed === undefined ? {} : { speed }),
        ...(options.market === undefined ? {} : { market: await marketOf(options.market) }),
        ...(mock === undefined ? {} : { mock: readModelScript(mock) }),
        ...(dryRun ? { dryRun } : {}),
        ...(options.shell === false ? { shell: false } : {}),
        ...(process.env.MANDATE_CRASH_AT ? { crashAt: process.env.MANDATE_CRASH_AT } : {}),
        ...(model === undefined ? {} : { model: (clock, mandate) => chooseModel(mandate, clock, model) }),
      });
    });
}

async function marketOf(files: readonly string[]): Promise<MarketInput> {
  const { readMarket } = await import("../world/open-paper-exchange.ts");
  return readMarket(files);
}
