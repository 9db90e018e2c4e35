import { Command } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { type WhichJournal, whichJournal } from "../which-journal.ts";

export function planCommand(): Command {
  return whichJournal(new Command("plan"))
    .summary("what the agent is trying to do, and why it does not")
    .description(
      "Print the last decision with its weights beside those that were seen last, the last plan with its steps, what it leaves alone or makes smaller and why, and what was refused in the last cycle. From the journal alone.",
    )
    .addHelpText(
      "after",
      examples([
        ["mandate plan MANDATE.md", "the newest journal of this mandate"],
        ["mandate plan MANDATE.md --network base --json", "for a program"],
      ]),
    )
    .action(async (target: string, options: WhichJournal, command: Command) => {
      const output = outputOf(command);
      const [{ readIntention }, { renderIntention }, { withStream }] = await Promise.all([
        import("../../journal/read-intention.ts"),
        import("../journal/render-intention.ts"),
        import("../journal/with-stream.ts"),
      ]);
      const { place, read } = await withStream(target, options, readIntention);
      output.document({ ...place, ...read }, () => renderIntention(read, output));
    });
}
