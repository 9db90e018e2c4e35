import { Command } from "commander";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { readFunds } from "../run/read-funds.ts";

interface DecideOptions {
  readonly answer: string;
  readonly network?: string;
  readonly seed: string;
  readonly fund?: Readonly<Record<string, string>>;
}

const SHAPE = `

An answer is JSON, alone or within other text:
  { "decision": "hold" | "targets" | "intents", "why": "…",
    "targets": [{ "account": "wallet", "asset": "base/WETH", "weight": "0.5" }, …] or null,
    "intents": [{ "kind": "swap", "sell": "base/WETH", "buy": "base/USDC", "amount": "0.1" }, …] or null }`;

export function decideCommand(): Command {
  return new Command("decide")
    .summary("try a captured model answer: parse, plan, verdict; nothing is signed")
    .description(
      "Run one model answer, as text in a file or - for standard input, through the parser, the planner and the gateway's verdict on a fresh world. Exit 1 when the answer cannot be read, 3 when the mandate refuses what comes of it.",
    )
    .argument("<file>", "the mandate")
    .requiredOption("--answer <file>", "the model's raw answer; - reads standard input")
    .option("-n, --network <name>", "a network of the mandate that is a world")
    .option("--seed <text>", "the market's seed", "1")
    .option("--fund <list>", "what the wallet holds (default: ETH=1,WETH=0.4,USDC=300)", readFunds)
    .addHelpText(
      "after",
      examples([
        ["mandate decide MANDATE.md --answer answer.json", "an answer from a file"],
        ["pbpaste | mandate decide MANDATE.md --answer -", "from the clipboard"],
      ]) + SHAPE,
    )
    .action(async (file: string, { answer, network, seed, fund }: DecideOptions, command: Command) => {
      const output = outputOf(command);
      const [{ tryAnswer }, { EXIT }] = await Promise.all([import("../run/try-answer.ts"), import("../exit-code.ts")]);
      const result = await tryAnswer(output, command.optsWithGlobals<GlobalOptions>(), {
        file,
        answer,
        seed,
        ...(network === undefined ? {} : { network }),
        ...(fund === undefined ? {} : { fund }),
      });
      if (result !== "passes") process.exitCode = result === "refused" ? EXIT.refused : EXIT.failed;
    });
}
