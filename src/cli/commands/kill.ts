import { Command } from "commander";
import { examples } from "../examples.ts";
import { type OperatorOptions, operatorOptions } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";

interface KillOptions extends OperatorOptions {
  readonly why: string;
}

export function killCommand(): Command {
  return operatorOptions(new Command("kill"))
    .summary("stop everything but your own flatten")
    .description(
      "Kill a wallet: its gateway signs nothing more for the agent, getting safer included. Only the operator's flatten passes. Survives restarts.",
    )
    .requiredOption("--why <text>", "the reason, for the record")
    .addHelpText("after", examples([['mandate kill MANDATE.md --why "the machine was broken into"', "with the operator's key"]]))
    .action(async (target: string, options: KillOptions, self: Command) => {
      const [{ withOperator }, { tellStop }] = await Promise.all([
        import("../operator/reach-operator.ts"),
        import("../operator/tell-stop.ts"),
      ]);
      const stopped = await withOperator(target, options, (operator) => operator.kill(options.why));
      outputOf(self).document({ stopped }, () => tellStop(stopped));
    });
}
