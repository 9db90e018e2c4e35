import { Command } from "commander";
import type { Verification } from "../../journal/verification.ts";
import { examples } from "../examples.ts";
import { EXIT } from "../exit-code.ts";
import type { FleetCheck } from "../journal/check-fleet.ts";
import type { StreamCheck } from "../journal/check-stream.ts";
import { type Output, outputOf } from "../output.ts";
import { type WhichJournal, whichJournal } from "../which-journal.ts";

export function verifyCommand(): Command {
  return whichJournal(new Command("verify"))
    .summary("is the record intact")
    .description(
      "Recompute the journal: every hash, the mirror of the heads, every stored body; then everything that is computed from it: budgets, verdicts, nonces, reservations, holdings. Names the first entry that does not hold (exit 1). Needs no gateway and no chain.",
    )
    .addHelpText(
      "after",
      examples([
        ["mandate verify MANDATE.md", "the newest journal of this mandate"],
        ["mandate verify .mandate/rehearsals/my-mandate/3", "that of a folder"],
        ["mandate verify MANDATE.md --json", "for a program"],
      ]),
    )
    .action(async (target: string, options: WhichJournal, command: Command) => {
      const output = outputOf(command);
      const [{ findJournal }, { verifyJournal }, { openJournalReader }, { checkStream }, { checkFleet }, { walletStreams }] =
        await Promise.all([
          import("../find-journal.ts"),
          import("../../journal/verify.ts"),
          import("../../journal/sqlite/open-journal-reader.ts"),
          import("../journal/check-stream.ts"),
          import("../journal/check-fleet.ts"),
          import("../journal/wallet-streams.ts"),
        ]);
      const { home, run, journal: path, mirror } = await findJournal(target, options);
      const { chain, projections, fleets } = await output.progress("verifying the journal", async (step) => {
        const chain = await verifyJournal(path, { mirror });
        const projections: StreamCheck[] = [];
        const fleets: FleetCheck[] = [];
        if (!chain.ok) return { chain, projections, fleets };
        const journal = await openJournalReader(path);
        try {
          for (const stream of await walletStreams(journal)) {
            step(stream);
            projections.push(await checkStream(journal, stream));
          }
          for (const stream of await journal.streams()) {
            if (stream.startsWith("fleet:")) fleets.push(await checkFleet(journal, stream));
          }
        } finally {
          await journal.close();
        }
        return { chain, projections, fleets };
      });
      const ok = chain.ok && [...projections, ...fleets].every((checked) => checked.ok);
      const broken = [...projections, ...fleets].find(({ first_bad }) => first_bad !== null);
      const first_bad = chain.firstBad ?? (broken?.first_bad ? { stream: broken.stream, ...broken.first_bad } : null);
      const document = {
        ok,
        home,
        run,
        streams: chain.streams,
        mirror: chain.mirror,
        missing_bodies: chain.missingBodies,
        projections,
        ...(fleets.length === 0 ? {} : { fleets }),
        first_bad,
      };
      output.document(document, () => told(chain, projections, first_bad, output));
      if (!ok) process.exitCode = EXIT.failed;
    });
}

function told(
  chain: Verification,
  projections: readonly StreamCheck[],
  first_bad: { readonly stream: string; readonly seq: number; readonly reason: string } | null,
  { style }: Output,
): string {
  const lines = chain.streams.map(({ stream, entries, head }) => `${stream}  ${entries} entries  head ${head.hash}`);
  lines.push(`mirror of the heads  ${chain.mirror}`);
  if (chain.missingBodies.length > 0)
    lines.push(`stored bodies  ${chain.missingBodies.length} missing or altered; they break no chain`);
  for (const { cycles, requests, refusals, verdicts } of projections) {
    const counted = Object.entries(requests).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
    lines.push(`${cycles} cycles  requests: ${counted.join(", ") || "none"}, ${refusals} refused`);
    const gone = verdicts.without_facts === 0 ? "" : `, ${verdicts.without_facts} without their facts`;
    lines.push(`${verdicts.judged_again} verdicts judged again from their facts${gone}`);
  }
  lines.push(
    first_bad === null
      ? style("green", "ok  every entry, budget, verdict, nonce and holding holds")
      : `${style("red", "BAD")}  ${first_bad.seq === 0 ? "the file" : `${first_bad.stream} entry ${first_bad.seq}`}: ${first_bad.reason}`,
  );
  return lines.join("\n");
}
