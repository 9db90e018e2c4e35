import { Command } from "commander";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { readFunds } from "../run/read-funds.ts";
import { positiveNumber } from "../whole-number.ts";

interface RehearseOptions {
  readonly network?: string;
  readonly cycles: number;
  readonly seed: string;
  readonly fund?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly dryRun?: boolean;
  readonly home?: string;
}

export function rehearseCommand(): Command {
  return new Command("rehearse")
    .summary("run a mandate on a local world of real contracts")
    .description(
      "Start a world, a gateway in a process of its own with a throwaway key, and the agent, on virtual time. The same code path as live. The model is the scripted one unless --model asks for another. The same seed writes the same journal.",
    )
    .argument("<file>", "the mandate")
    .option("-n, --network <name>", "a network of the mandate that is a world")
    .option("--cycles <n>", "how many cycles", positiveNumber, 10)
    .option("--seed <text>", "the market's seed", "1")
    .option("--fund <list>", "what the wallet starts with (default: ETH=1,WETH=0.4,USDC=300)", readFunds)
    .option("--model <provider/id>", "ask a real model (needs its key in the environment)")
    .option("--dry-run", "the pipeline up to the verdict; nothing is signed")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)")
    .addHelpText(
      "after",
      examples([
        ["mandate rehearse MANDATE.md", "ten cycles with the scripted model"],
        ["mandate rehearse MANDATE.md --cycles 100 --seed 7", "longer, in another market"],
        ["mandate rehearse MANDATE.md --model openai/gpt-4o --json", "a real model; the report as JSON"],
      ]),
    )
    .action(async (file: string, options: RehearseOptions, command: Command) => {
      const output = outputOf(command);
      const [{ runRehearsal }, { nextRehearsal }, { readMandate }, { REHEARSAL_WALLET }, { chooseModel }] = await Promise.all([
        import("../run/run-rehearsal.ts"),
        import("../home.ts"),
        import("../../mandate/read-mandate.ts"),
        import("../../worlds/anvil/rehearsal-wallet.ts"),
        import("../run/choose-model.ts"),
      ]);
      const { network, cycles, seed, fund, model, dryRun } = options;
      const { terms } = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
      const { home } = nextRehearsal({ file, id: terms.id, home: options.home });
      await runRehearsal(output, command.optsWithGlobals<GlobalOptions>(), {
        file,
        home,
        seed,
        cycles,
        ...(network === undefined ? {} : { network }),
        ...(fund === undefined ? {} : { fund }),
        ...(dryRun ? { dryRun } : {}),
        ...(process.env.MANDATE_CRASH_AT ? { crashAt: process.env.MANDATE_CRASH_AT } : {}),
        ...(model === undefined ? {} : { model: (clock, mandate) => chooseModel(mandate, clock, model) }),
      });
    });
}
