import { Command } from "commander";
import { examples } from "../examples.ts";
import { type OperatorOptions, operatorOptions } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";

interface FreezeOptions extends OperatorOptions {
  readonly why: string;
}

export function freezeCommand(): Command {
  return operatorOptions(new Command("freeze"))
    .summary("stop everything but getting safer")
    .description(
      "Freeze a wallet: from now on its gateway signs nothing but what reduces, until you unfreeze it. Survives restarts.",
    )
    .requiredOption("--why <text>", "the reason, for the record")
    .addHelpText("after", examples([['mandate freeze MANDATE.md --why "I want to look first"', "with the operator's key"]]))
    .action(async (target: string, options: FreezeOptions, self: Command) => {
      const [{ withOperator }, { tellStop }] = await Promise.all([
        import("../operator/reach-operator.ts"),
        import("../operator/tell-stop.ts"),
      ]);
      const stopped = await withOperator(target, options, (operator) => operator.freeze(options.why));
      outputOf(self).document({ stopped }, () => tellStop(stopped));
    });
}
