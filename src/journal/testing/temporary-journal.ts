import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../sqlite/open-journal.ts";
import type { SqliteJournal } from "../sqlite/sqlite-journal.ts";

/** A journal's files in a folder of their own, gone with everything open in it when the scope ends. */
export interface TemporaryJournal extends AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  readonly mirror: string;
  /** What the mirror could not write, by code. */
  readonly mirrorFailures: readonly string[];
  open(): Promise<SqliteJournal>;
}

export function temporaryJournal(): TemporaryJournal {
  const folder = mkdtempSync(join(tmpdir(), "mandate-journal-"));
  const path = join(folder, "journal.db");
  const mirror = join(folder, "elsewhere", "heads");
  const opened: SqliteJournal[] = [];
  const mirrorFailures: string[] = [];
  return {
    folder,
    path,
    mirror,
    mirrorFailures,
    open: async () => {
      const journal = await openJournal({ path, mirror, onMirrorFailure: ({ code }) => void mirrorFailures.push(code) });
      opened.push(journal);
      return journal;
    },
    [Symbol.asyncDispose]: async () => {
      for (const journal of opened) await journal.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
