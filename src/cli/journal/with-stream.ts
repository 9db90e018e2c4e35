import type { JournalReader, Stream } from "../../journal/journal.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { findJournal, NoJournalError } from "../find-journal.ts";
import type { WhichJournal } from "../which-journal.ts";
import { ownStream } from "./wallet-streams.ts";

/** Reads the stream of the wallet that is meant. @throws {NoJournalError} where there is none, or nothing in it yet. */
export async function withStream<T>(
  target: string,
  options: WhichJournal,
  read: (journal: JournalReader, stream: Stream) => Promise<T | null>,
): Promise<{ readonly place: { readonly home: string; readonly run: number | null }; readonly read: T }> {
  const { home, run, journal: path } = await findJournal(target, options);
  const journal = await openJournalReader(path);
  try {
    const stream = await ownStream(journal, home);
    const found = stream === undefined ? null : await read(journal, stream);
    if (found === null) throw new NoJournalError(target, " with a cycle in it", target);
    return { place: { home, run }, read: found };
  } finally {
    await journal.close();
  }
}
