import { Command } from "commander";
import { examples } from "../examples.ts";
import { type OperatorOptions, operatorOptions } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";

interface UnfreezeOptions extends OperatorOptions {
  readonly why: string;
  readonly afterKill?: boolean;
}

export function unfreezeCommand(): Command {
  return operatorOptions(new Command("unfreeze"))
    .summary("let it go on")
    .description(
      "End a freeze, and any stop that a limit or a check has latched. Your reason is put on record. A difference between journal and chain stops it again: mandate reconcile.",
    )
    .requiredOption("--why <text>", "the reason, for the record")
    .option("--after-kill", "the wallet is killed and shall live again")
    .addHelpText(
      "after",
      examples([['mandate unfreeze MANDATE.md --why "the feed was late, and answers again"', "with the operator's key"]]),
    )
    .action(async (target: string, options: UnfreezeOptions, self: Command) => {
      const [{ withOperator }, { tellStop }] = await Promise.all([
        import("../operator/reach-operator.ts"),
        import("../operator/tell-stop.ts"),
      ]);
      const stopped = await withOperator(target, options, (operator) =>
        operator.unfreeze(options.why, options.afterKill === true),
      );
      outputOf(self).document({ stopped }, () => tellStop(stopped));
    });
}
