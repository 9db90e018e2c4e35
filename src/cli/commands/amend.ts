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
}

export function amendCommand(): Command {
  const command = new Command("amend")
    .summary("let changed terms hold for a key that others are pinned to")
    .description(
      "Show what a changed mandate file changes of the terms that are pinned to its key, value by value and address by address, with what is wider marked. With --accept the operator's order makes them hold, wider or narrower. A gateway that runs goes on with them at once. Exit code 4 while it waits for --accept.",
    )
    .argument("<file>", "the mandate, as it shall be")
    .option("-n, --network <name>", "this network of the mandate instead of the one that it names")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)")
    .option("--accept", "amend the pinned terms");
  return operatorKeyOption(command)
    .addHelpText(
      "after",
      examples([
        ["mandate amend MANDATE.md", "what would change"],
        ["mandate amend MANDATE.md --accept --operator-key operator.key", "change it"],
      ]),
    )
    .action(async (file: string, options: AmendOptions, self: Command) => {
      const output = outputOf(self);
      const { amendMandate } = await import("../operator/amend-mandate.ts");
      const { changes, amended, terms_hash } = await amendMandate(file, options);
      output.document({ changes, amended, terms_hash }, () => {
        const rows = changes.map(({ path, before, after, effect }) => {
          const mark = effect === "wider" ? output.style("red", "WIDER   ") : "narrower";
          return `${mark}  ${path}  ${before ?? "(none)"} → ${after ?? "(none)"}`;
        });
        const end = amended ? "amended" : changes.length === 0 ? "nothing changes" : "nothing is amended yet: add --accept";
        return [...rows, end].join("\n");
      });
      if (!amended && changes.length > 0) process.exitCode = EXIT.needsApproval;
    });
}
