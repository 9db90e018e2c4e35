import { Command } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { type WhichJournal, whichJournal } from "../which-journal.ts";

export function reportCommand(): Command {
  return whichJournal(new Command("report"))
    .summary("what became of the money: value beside holding, fees, gas and model cost")
    .description(
      "Print what the accounts were worth at first and last, what leaving them alone would have come to, and what was paid, each on a line of its own: fees, gas, the model. From the journal alone. Values are as each cycle began; fees are part of what was given up, not beside it.",
    )
    .addHelpText(
      "after",
      examples([
        ["mandate report MANDATE.md", "the newest journal of this mandate"],
        ["mandate report MANDATE.md --run 3", "of a rehearsal"],
        ["mandate report MANDATE.md --network base --json", "for a program"],
      ]),
    )
    .action(async (target: string, options: WhichJournal, command: Command) => {
      const output = outputOf(command);
      const [{ readReport }, { renderJournalReport }, { withStream }] = await Promise.all([
        import("../../journal/read-report.ts"),
        import("../journal/render-journal-report.ts"),
        import("../journal/with-stream.ts"),
      ]);
      const { place, read } = await withStream(target, options, readReport);
      output.document({ ...place, ...read }, () => renderJournalReport(read));
    });
}
