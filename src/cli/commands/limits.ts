import { Command } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { type WhichJournal, whichJournal } from "../which-journal.ts";

export function limitsCommand(): Command {
  return whichJournal(new Command("limits"))
    .summary("what is left of each budget, and when it refills")
    .description(
      "Print what is left of each budget and when it refills, from the journal alone. Windows roll: what was used comes back a day (or an hour) after it ended. A rehearsal stands at the time of its last entry.",
    )
    .addHelpText(
      "after",
      examples([
        ["mandate limits MANDATE.md", "the newest journal of this mandate"],
        ["mandate limits MANDATE.md --network base --json", "for a program"],
      ]),
    )
    .action(async (target: string, options: WhichJournal, command: Command) => {
      const output = outputOf(command);
      const [{ findJournal, NoJournalError }, { openJournalReader }, { readLimits }, { renderLimits }, { ownStream }] =
        await Promise.all([
          import("../find-journal.ts"),
          import("../../journal/sqlite/open-journal-reader.ts"),
          import("../journal/read-limits.ts"),
          import("../journal/render-limits.ts"),
          import("../journal/wallet-streams.ts"),
        ]);
      const { home, run, journal: path } = await findJournal(target, options);
      const journal = await openJournalReader(path);
      try {
        const stream = await ownStream(journal, home);
        const standing = stream === undefined ? null : await readLimits(journal, stream);
        if (standing === null) throw new NoJournalError(target, " with terms pinned", target);
        output.document({ home, run, ...standing }, () => renderLimits(standing, output));
      } finally {
        await journal.close();
      }
    });
}
