import { Command } from "commander";
import { examples } from "../examples.ts";
import { EXIT } from "../exit-code.ts";
import { type OperatorOptions, operatorOptions } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";

interface ReconcileOptions extends OperatorOptions {
  readonly accept?: boolean;
  readonly seen?: string;
  readonly why?: string;
  readonly declare?: boolean;
}

export function reconcileCommand(): Command {
  return operatorOptions(new Command("reconcile"))
    .summary("where the journal and the chain differ, and your decision")
    .description(
      "Show both sides: nonces, holdings, what is in flight. With --accept the chain's side goes into the journal; requests whose outcome nobody can tell are closed and keep what they took. Exits stay possible meanwhile. Exit code 5 while the sides differ.",
    )
    .option("--accept", "accept what the chain says")
    .option("--seen <hash>", "accept only exactly this standing, as it was shown")
    .option("--why <text>", "the reason, for the record")
    .option("--declare", "the differences are your own deposits and withdrawals: they move the high-water mark")
    .addHelpText(
      "after",
      examples([
        ["mandate reconcile MANDATE.md", "look"],
        ['mandate reconcile MANDATE.md --accept --declare --why "took out the rent"', "a withdrawal of yours"],
      ]),
    )
    .action(async (target: string, options: ReconcileOptions, self: Command) => {
      const [{ withOperator }, { renderStanding, differs }, { tellStop }, { UsageError }] = await Promise.all([
        import("../operator/reach-operator.ts"),
        import("../operator/render-standing.ts"),
        import("../operator/tell-stop.ts"),
        import("../../core/errors.ts"),
      ]);
      const { accept = false, why, seen, declare = false } = options;
      if (accept && why === undefined)
        throw new UsageError("an acceptance needs its reason", { remedy: "Add --why TEXT: it is put on record." });
      const output = outputOf(self);
      await withOperator(target, options, async (operator) => {
        const standing = await operator.standing();
        if (!accept || why === undefined) {
          output.document(standing, () => renderStanding(standing));
          if (differs(standing)) process.exitCode = EXIT.mustReconcile;
          return;
        }
        output.say(renderStanding(standing));
        const done = await operator.reconcile({ seen: seen ?? standing.hash, why, declare });
        output.document({ accepted: standing.hash, ...done }, () => `accepted; ${tellStop(done.stopped)}`);
      });
    });
}
