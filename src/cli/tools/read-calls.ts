import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Instant, MINUTE } from "../../core/clock.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { toolCallsSince } from "../../tools/tool-calls-since.ts";
import { JOURNAL_FILE } from "../home.ts";

/** When tools were called within the last minute, as the journal has it: a new process is no new minute. */
export async function readCalls(home: string, stream: string, now: Instant): Promise<readonly Instant[]> {
  const path = join(home, JOURNAL_FILE);
  if (!existsSync(path)) return [];
  const journal = await openJournalReader(path);
  try {
    const calls: Instant[] = [];
    for await (const entry of journal.read(stream)) calls.push(...toolCallsSince([entry], now - MINUTE));
    return calls;
  } finally {
    await journal.close();
  }
}
