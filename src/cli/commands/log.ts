import { Command } from "commander";
import type { Entry, JournalReader } from "../../journal/journal.ts";
import { examples } from "../examples.ts";
import { type Output, outputOf } from "../output.ts";
import { type WhichJournal, whichJournal } from "../which-journal.ts";
import { wholeNumber } from "../whole-number.ts";

interface LogOptions extends WhichJournal {
  readonly follow?: boolean;
  readonly kind?: string;
  readonly cycle?: number;
  readonly all?: boolean;
}

export function logCommand(): Command {
  return whichJournal(new Command("log"))
    .summary("what happened, from the journal")
    .description(
      "Tell what happened, from the wallet's journal: decisions, plans, verdicts, outcomes. Of a mandate file it takes the newest journal, live or rehearsal. Times are UTC, of the world where it was a rehearsal.",
    )
    .option("-f, --follow", "go on with what comes, until interrupted; NDJSON with --json")
    .option("-k, --kind <kind>", "only entries (or notes) of this kind: judged, settled, decided, model-call, ...")
    .option("-c, --cycle <n>", "only what belongs to this cycle", wholeNumber)
    .option("-a, --all", "every entry, not only what people ask for first")
    .addHelpText(
      "after",
      examples([
        ["mandate log MANDATE.md", "the newest journal of this mandate"],
        ["mandate log MANDATE.md --follow", "watch it"],
        ["mandate log MANDATE.md --cycle 42 --all", "all about one cycle"],
        ["mandate log MANDATE.md --kind judged --json", "every verdict with its facts, for a program"],
      ]),
    )
    .action(async (target: string, options: LogOptions, command: Command) => showLog(target, options, outputOf(command)));
}

async function showLog(target: string, options: LogOptions, output: Output): Promise<void> {
  const { follow: following = false, kind, cycle } = options;
  const [{ findJournal }, { openJournalReader }, { createPlacer }, { createNarrator }, { isoTime }, { toldStreams }] =
    await Promise.all([
      import("../find-journal.ts"),
      import("../../journal/sqlite/open-journal-reader.ts"),
      import("../journal/place-entries.ts"),
      import("../journal/narrate.ts"),
      import("../../core/clock.ts"),
      import("../journal/wallet-streams.ts"),
    ]);
  const found = await findJournal(target, options);
  const journal = await openJournalReader(found.journal);
  try {
    const told: object[] = [];
    const texts: string[] = [];
    const tell = async (entries: AsyncIterable<Entry>) => {
      const place = createPlacer(journal);
      const narrate = createNarrator({ all: options.all === true || kind !== undefined });
      for await (const entry of entries) {
        const placed = await place(entry);
        if (kind !== undefined && kind !== entry.kind && kind !== placed.note) continue;
        if (cycle !== undefined && cycle !== placed.cycle) continue;
        const { stream, seq, at, kind: entryKind, prev, hash } = entry;
        const record = {
          stream,
          seq,
          at,
          time: isoTime(at),
          cycle: placed.cycle,
          kind: entryKind,
          body: placed.body,
          prev,
          hash,
        };
        if (following) output.record(record, () => narrate(placed));
        else if (output.json) told.push(record);
        else texts.push(narrate(placed));
      }
    };
    if (following) await tell(await whatComes(journal, found.home));
    else {
      for (const stream of await toldStreams(journal, found.home)) await tell(journal.read(stream));
      output.document({ home: found.home, run: found.run, entries: told }, () => texts.filter((line) => line !== "").join("\n"));
    }
  } finally {
    await journal.close();
  }
}

/** The wallet's entries, those that stand and those that come, until somebody interrupts. */
async function whatComes(journal: JournalReader, home: string): Promise<AsyncIterable<Entry>> {
  const [{ follow }, { systemClock }, { interrupted }, { ownStream }] = await Promise.all([
    import("../../journal/follow.ts"),
    import("../../core/clock.ts"),
    import("../interrupted.ts"),
    import("../journal/wallet-streams.ts"),
  ]);
  const signal = interrupted();
  for (;;) {
    const stream = await ownStream(journal, home);
    if (stream !== undefined || signal.aborted) return follow(journal, stream ?? "", { clock: systemClock, signal });
    await systemClock.sleep((await systemClock.now()) + 200, signal);
  }
}
