import { Command } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";

interface CheckOptions {
  readonly network?: string;
}

export function checkCommand(): Command {
  return new Command("check")
    .summary("what a mandate permits, and the most it can lose")
    .description(
      "Explain a mandate in plain words and print its worst case: the most that a fully hostile model could lose a trade, a day and in all. A file that is wrong is refused with line, reason and remedy (exit 2).",
    )
    .argument("<file>", "the mandate, a Markdown file")
    .option("-n, --network <name>", "read it for this network instead of the one that it names")
    .addHelpText(
      "after",
      examples([
        ["mandate check MANDATE.md", "in plain words"],
        ["mandate check MANDATE.md --network base", "as it would go live"],
        ["mandate check MANDATE.md --json", "exact figures, term by term"],
      ]),
    )
    .action(async (file: string, { network }: CheckOptions, command: Command) => {
      const output = outputOf(command);
      const [
        { readMandate },
        { explainWithWarnings },
        { explainJson },
        { isRealMoney },
        { REHEARSAL_WALLET },
        { checkBrief },
        { WORLD_EXIT_GAS_USD },
      ] = await Promise.all([
        import("../../mandate/read-mandate.ts"),
        import("../explain-with-warnings.ts"),
        import("../../mandate/explain-json.ts"),
        import("../../mandate/real-money.ts"),
        import("../../worlds/anvil/rehearsal-wallet.ts"),
        import("../../deciders/check-brief.ts"),
        import("../../worlds/anvil/exit-gas.ts"),
      ]);
      const mandate = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
      checkBrief(mandate.brief);
      // What gas costs elsewhere is in no book: there it is assumed, and the warning says so.
      const known = mandate.rehearsal ? { gas_usd_per_exit: WORLD_EXIT_GAS_USD } : {};
      output.document(explainJson(mandate, known) as object, () => {
        const live = isRealMoney(mandate)
          ? "\n\nthe first live start takes the operator's word on these very terms: --operator-key"
          : "";
        return `${explainWithWarnings(mandate, known, output)}${live}\n\n${output.style("green", "ok")}`;
      });
    });
}
