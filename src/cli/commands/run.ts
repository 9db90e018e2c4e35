import { Command } from "commander";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { type ReachOptions, reachOptions } from "../run/gateway-address.ts";
import { GO_LIVE, type LiveOptions, liveOptions } from "../run/live-options.ts";
import { positiveNumber } from "../whole-number.ts";

interface RunOptions extends LiveOptions, ReachOptions {
  readonly once?: boolean;
  readonly cycles?: number;
  readonly dryRun?: boolean;
  readonly model?: string;
  readonly mock?: boolean | string;
  readonly operatorKey?: string;
  readonly goLive?: string;
  /** False where --no-shell was given. */
  readonly shell?: boolean;
}

export function runCommand(): Command {
  const command = new Command("run")
    .summary("run a mandate on the network that it names")
    .description(
      "Run the agent at the mandate's cadence until it is stopped. It starts a gateway process with the keystore, or uses one that serves already (--gateway) and then needs no key. Real money needs --live, and its first start the operator. With --json: one event a line.",
    )
    .argument("<file>", "the mandate")
    .option("--once", "one cycle")
    .option("--cycles <n>", "so many cycles", positiveNumber)
    .option("--dry-run", "the pipeline up to the verdict; nothing is signed")
    .option("--model <provider/id>", "another model than the mandate's")
    .option("--mock [script]", "the scripted model instead of a real one; with a file, by that script (docs/mock-model.md)")
    .option("--no-shell", "typed tools only: a model with tools runs no commands, as shell: off in the mandate says")
    .option(
      "--operator-key <file>",
      "the operator's key for the gateway that is started: the first live start, approvals, freeze, flatten; made where there is none",
    )
    .option("--go-live <file>", GO_LIVE);
  return liveOptions(reachOptions(command))
    .addHelpText(
      "after",
      examples([
        [
          "mandate run MANDATE.md --network base-sepolia --keystore key.json --live --operator-key operator.key --once",
          "the first start, one cycle",
        ],
        [
          "mandate run MANDATE.md --live --gateway /run/mandate/gateway.sock --gateway-token-file token",
          "with a gateway under its own user",
        ],
        ["mandate run MANDATE.md --live --gateway gateway.sock --dry-run", "what it would do"],
      ]),
    )
    .action(async (file: string, options: RunOptions, self: Command) => {
      const output = outputOf(self);
      const [{ runLive }, { UsageError }] = await Promise.all([import("../run/run-live.ts"), import("../../core/errors.ts")]);
      const { once, cycles, mock, model } = options;
      if (once && cycles !== undefined)
        throw new UsageError("--once and --cycles contradict each other", { remedy: "Give one of them." });
      if (mock && model !== undefined)
        throw new UsageError("--mock and --model contradict each other", { remedy: "Give one of them." });
      await runLive(output, self.optsWithGlobals<GlobalOptions>(), { ...options, file, ...(once ? { cycles: 1 } : {}) });
    });
}
