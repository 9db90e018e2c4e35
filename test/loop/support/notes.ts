import { join } from "node:path";
import type { Json } from "../../../src/core/json.ts";
import type { NotedBody } from "../../../src/journal/entries.ts";
import { dereference } from "../../../src/journal/reference.ts";
import { openJournalReader } from "../../../src/journal/sqlite/open-journal-reader.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";

type Told = Readonly<Record<string, unknown>>;

/** What an agent noted, oldest first; of one kind where it is given. Notes that were kept by their hash are read back. */
export async function notesIn(home: string, kind?: string): Promise<readonly Told[]> {
  const reader = await openJournalReader(join(home, "journal.sqlite"));
  try {
    const notes: Told[] = [];
    for await (const entry of reader.read(`wallet:${REHEARSAL_WALLET}`)) {
      if (entry.kind !== "noted") continue;
      const note = (entry.body as unknown as NotedBody).note as { readonly kind: string; readonly body?: Json };
      if (kind === undefined || note.kind === kind)
        notes.push((await dereference(reader, note.body ?? (note as unknown as Json))) as Told);
    }
    return notes;
  } finally {
    await reader.close();
  }
}
