import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JournalLockedError, JournalUnavailableError } from "./journal.ts";
import { takeLock } from "./lock-file.ts";
import { runModule } from "./testing/child-process.ts";
import { temporaryJournal } from "./testing/temporary-journal.ts";

test("a lock is held once, and free again after it is let go", async () => {
  await using files = temporaryJournal();
  const path = join(files.folder, "new", "keystore.lock");
  const lock = takeLock(path);
  expect(() => takeLock(path)).toThrow(JournalLockedError);
  expect(() => takeLock(path), "a refused try does not loosen it").toThrow(JournalLockedError);
  lock.release();
  lock.release();
  takeLock(path).release();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(existsSync(`${path}-journal`)).toBe(false);
});

test("a lock taken by another process is refused, and free the moment that process is killed", async () => {
  await using files = temporaryJournal();
  const path = join(files.folder, "keystore.lock");
  await using child = runModule(
    `import { takeLock } from "./lock-file.ts";
     const lock = takeLock(${JSON.stringify(path)});
     console.log("held");
     setInterval(() => lock, 1e6);`,
    import.meta.url,
  );
  expect((await child.lines.next()).value).toBe("held");
  expect(() => takeLock(path)).toThrow(JournalLockedError);
  await child.kill();
  takeLock(path).release();
});

test("a lock that cannot be taken for another reason says so", async () => {
  await using files = temporaryJournal();
  expect(() => takeLock(files.folder)).toThrow(JournalUnavailableError);
});
