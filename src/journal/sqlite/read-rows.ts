import { EMPTY, faultOf, type Tail, toEntry } from "../chain.ts";
import { type Entry, JournalCorruptError, type Seq, type Stream } from "../journal.ts";
import type { Rows } from "./rows.ts";

/** Rows fetched at a time: no statement stays open between two turns, so a slow reader blocks nobody. */
const PAGE = 256;

/**
 * The entries of a stream after `after`, up to the head at the first read, each checked against the one before.
 *
 * @throws {JournalCorruptError}
 */
export async function* readRows(rows: () => Rows, where: string, stream: Stream, after: Seq): AsyncGenerator<Entry> {
  const last = rows().tail(stream).seq;
  let tail: Tail | undefined = after === 0 ? EMPTY : rows().at(stream, after);
  while ((tail?.seq ?? after) < last) {
    if (!tail) throw new JournalCorruptError({ where, stream, seq: after, reason: "the entry is missing" });
    const page = rows().page(stream, tail.seq, last, PAGE);
    for (const row of page) {
      const reason = faultOf(row, tail);
      if (reason) throw new JournalCorruptError({ where, stream, seq: Math.min(row.seq, tail.seq + 1), reason });
      tail = row;
      yield toEntry(row);
    }
    if (page.length === 0) throw new JournalCorruptError({ where, stream, seq: tail.seq + 1, reason: "the entry is missing" });
  }
}
