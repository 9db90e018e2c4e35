import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Instant, MINUTE } from "../../core/clock.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { JOURNAL_FILE } from "../home.ts";

/** When tools were called within the last minute, as the journal has it: a new process is no new minute. */
export async function readCalls(home: string, stream: string, now: Instant): Promise<readonly Instant[]> {
  const path = join(home, JOURNAL_FILE);
  if (!existsSync(path)) return [];
  const journal = await openJournalReader(path);
  try {
    const calls: Instant[] = [];
    for await (const { at, kind, body } of journal.read(stream)) {
      if (kind === "noted" && at > now - MINUTE && isToolCall(body)) calls.push(at);
    }
    return calls;
  } finally {
    await journal.close();
  }
}

function isToolCall(body: unknown): boolean {
  const note = typeof body === "object" && body !== null && "note" in body ? body.note : null;
  return typeof note === "object" && note !== null && "kind" in note && note.kind === "tool-call";
}
