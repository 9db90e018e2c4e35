import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findJournal } from "./find-journal.ts";

test("state that cannot be looked at is told as such, with what to do, and is neither no journal nor a bug", async () => {
  const home = mkdtempSync(join(tmpdir(), "mandate-find-"));
  try {
    await expect(findJournal("book", { home })).rejects.toMatchObject({ code: "NO_JOURNAL" });
    mkdirSync(join(home, "rehearsals"));
    // A file where a folder should be fails as another user's folder does, for whoever runs this.
    writeFileSync(join(home, "rehearsals", "book"), "");
    await expect(findJournal("book", { home })).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      remedy: expect.stringContaining("--home DIR"),
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
