import { Command } from "commander";
import { examples } from "../examples.ts";
import { EXIT } from "../exit-code.ts";
import type { FlattenOptions } from "../operator/flatten-mandate.ts";
import { operatorKeyOption } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";
import { liveOptions } from "../run/live-options.ts";

export function flattenCommand(): Command {
  const command = operatorKeyOption(new Command("flatten").argument("<file>", "the mandate"))
    .summary("take me home: everything to cash")
    .description(
      "Freeze the wallet, end its allowances, take liquidity and vault shares out and sell everything to the numeraire, in lots within a single trade and at most max_exit_cost_bps below the price, until 99 % is cash or nothing more sells. On an exchange: cancel what could open, close every position and sell spot, the legs of a hedge in alternating lots within max_unhedged_usd. Works frozen, with the breaker tripped, killed, and at prices too old for trading. The wallet stays frozen. Exit code 3 when it is not home.",
    )
    .option("--socket <path>", "the operator's socket (default: operator.sock beside the journal)")
    .option("--without-journal", "the journal is lost or broken: go by what was pinned, with a new one (needs --keystore)")
    .option("--new-home <dir>", "folder of that new journal")
    .option("--scope-from-file", "no pinned copy is left: go by the mandate file");
  return liveOptions(command)
    .addHelpText(
      "after",
      examples([
        ["mandate flatten MANDATE.md --operator-key operator.key", "through the gateway that runs"],
        ["mandate flatten MANDATE.md --without-journal --keystore key.json --live", "when the journal is lost"],
      ]),
    )
    .action(async (file: string, options: FlattenOptions, self: Command) => {
      const output = outputOf(self);
      const [{ flattenMandate }, { renderHome, renderHomeEvent }] = await Promise.all([
        import("../operator/flatten-mandate.ts"),
        import("../operator/render-home.ts"),
      ]);
      const report = await flattenMandate(output, file, options, (event) => output.say(renderHomeEvent(event)));
      output.document(report, () => renderHome(report));
      if (!report.home) process.exitCode = EXIT.refused;
    });
}
