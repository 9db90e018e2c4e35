import { Command } from "commander";
import { examples } from "../examples.ts";
import { EXIT } from "../exit-code.ts";
import { operatorKeyOption } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";

interface AmendOptions {
  readonly network?: string;
  readonly home?: string;
  readonly operatorKey?: string;
  readonly accept?: boolean;
  readonly out?: string;
}

export function amendCommand(): Command {
  const command = new Command("amend")
    .summary("let changed terms hold for a key that others are pinned to")
    .description(
      "Show what a changed mandate file changes of the terms that are pinned to its key, in words, value by value and address by address, with what is wider marked. With --accept the operator's order makes them hold, wider or narrower. A gateway that runs goes on with them at once. Before anything is pinned, with real money, it shows the whole terms and the worst case, and --accept writes the order for the first start, which holds for these terms and this wallet for an hour: hand it to the gateway with --go-live. Exit code 4 while it waits for --accept.",
    )
    .argument("<file>", "the mandate, as it shall be")
    .option("-n, --network <name>", "this network of the mandate instead of the one that it names")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)")
    .option("--accept", "amend the pinned terms, or order the first live start")
    .option(
      "--out <file>",
      "where the order for the first live start is written (default: NAME.go-live.json beside the mandate)",
    );
  return operatorKeyOption(command)
    .addHelpText(
      "after",
      examples([
        ["mandate amend MANDATE.md", "what would change"],
        ["mandate amend MANDATE.md --accept --operator-key operator.key", "change it, or order the first live start"],
      ]),
    )
    .action(async (file: string, options: AmendOptions, self: Command) => {
      const output = outputOf(self);
      const { amendMandate } = await import("../operator/amend-mandate.ts");
      const { changes, amended, terms_hash, first_live } = await amendMandate(file, options);
      if (first_live !== null) {
        const { order, mandate } = first_live;
        const { explainWithWarnings } = await import("../explain-with-warnings.ts");
        // What it may cost stands above the signature also where the result goes to a program.
        output.say(explainWithWarnings(mandate, {}, output));
        output.document({ changes, amended, terms_hash, first_live: order }, () =>
          order === null
            ? "nothing is ordered yet: add --accept to order the first live start under these terms"
            : `ordered: ${order.wallet} may go live under these terms within the hour. Hand these two to the gateway's user: --go-live ${order.file} --operator-key ${order.operator_key}`,
        );
        if (order === null) process.exitCode = EXIT.needsApproval;
        return;
      }
      const { tellChange } = await import("../../mandate/tell-change.ts");
      const told = changes.map((change) => ({ ...change, words: tellChange(change) }));
      output.document({ changes: told, amended, terms_hash }, () => {
        const rows = told.map(({ effect, words }) => {
          const mark = effect === "wider" ? output.style("red", "WIDER   ") : "narrower";
          return `${mark}  ${words}`;
        });
        const end = amended ? "amended" : changes.length === 0 ? "nothing changes" : "nothing is amended yet: add --accept";
        return [...rows, end].join("\n");
      });
      if (!amended && changes.length > 0) process.exitCode = EXIT.needsApproval;
    });
}
