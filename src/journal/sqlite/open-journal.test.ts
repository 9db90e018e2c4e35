import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { JournalCorruptError, JournalLockedError, JournalUnavailableError, StaleError } from "../journal.ts";
import { runModule } from "../testing/child-process.ts";
import { collect } from "../testing/collect.ts";
import { temporaryJournal } from "../testing/temporary-journal.ts";
import { verifyJournal } from "../verify.ts";
import { openJournal } from "./open-journal.ts";
import { openJournalReader } from "./open-journal-reader.ts";

const note = (n: number) => ({ kind: "note", body: { n } });

function raw<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

test("what was committed is there when the journal is opened again", async () => {
  await using files = temporaryJournal();
  const first = await files.open();
  const committed = await first.commit([{ stream: "house", after: 0, entries: [note(1), note(2)] }], 1);
  await first.close();
  const second = await files.open();
  expect(await collect(second.read("house"))).toEqual(committed);
  expect(second.verification).toMatchObject({ ok: true, mirror: "agrees", streams: [{ stream: "house", entries: 2 }] });
  await second.commit([{ stream: "house", after: 2, entries: [note(3)] }], 1);
});

test("closing commits what is still waiting", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  const committing = journal.commit([{ stream: "house", after: 0, entries: [note(1)] }], 1);
  await journal.close();
  expect(await committing).toHaveLength(1);
  expect((await verifyJournal(files.path)).streams).toMatchObject([{ entries: 1 }]);
});

test("one stale commit leaves the others of its turn alone", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  const results = await Promise.allSettled([
    journal.commit([{ stream: "a", after: 0, entries: [note(1)] }], 1),
    journal.commit(
      [
        { stream: "a", after: 1, entries: [note(2)] },
        { stream: "b", after: 7, entries: [note(2)] },
      ],
      1,
    ),
    journal.commit([{ stream: "a", after: 1, entries: [note(3)] }], 1),
    journal.commit([{ stream: "b", after: 0, entries: [note(4)] }], 1),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect((await collect(journal.read("a"))).map(({ body }) => body)).toEqual([{ n: 1 }, { n: 3 }]);
});

test("an item that fails between two of its rows is undone alone", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  raw(files.path, (db) =>
    db.exec("CREATE TRIGGER fault BEFORE INSERT ON entries WHEN NEW.kind = 'fault' BEGIN SELECT RAISE(ABORT, 'fault'); END"),
  );
  const results = await Promise.allSettled([
    journal.commit([{ stream: "a", after: 0, entries: [note(1), { kind: "fault", body: null }] }], 1),
    journal.commit([{ stream: "a", after: 0, entries: [note(2)] }], 1),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect((await collect(journal.read("a"))).map(({ body }) => body)).toEqual([{ n: 2 }]);
});

test("when COMMIT fails everybody of the turn hears of it, and the next commit starts from what is durable", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.commit([{ stream: "a", after: 0, entries: [note(1)] }], 1);
  // A foreign key that is checked at COMMIT and cannot hold.
  raw(files.path, (db) => {
    db.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    db.exec("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
    db.exec("CREATE TRIGGER fault AFTER INSERT ON entries BEGIN INSERT INTO child VALUES (1); END");
  });
  const failed = await Promise.allSettled([
    journal.commit([{ stream: "a", after: 1, entries: [note(2)] }], 1),
    journal.commit([{ stream: "b", after: 0, entries: [note(2)] }], 1),
    journal.put(new TextEncoder().encode("body")),
  ]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect((await journal.head("a")).seq).toBe(1);
  raw(files.path, (db) => db.exec("DROP TRIGGER fault; DROP TABLE child; DROP TABLE parent"));
  await journal.commit([{ stream: "a", after: 1, entries: [note(3)] }], 1);
  await journal.close();
  expect(await verifyJournal(files.path, files)).toMatchObject({ ok: true, streams: [{ stream: "a", entries: 2 }] });
});

test.each([
  "UPDATE entries SET body = '{}'",
  "DELETE FROM entries",
  "REPLACE INTO entries SELECT stream, seq, at, kind, '{}', prev, hash FROM entries",
  "INSERT INTO entries SELECT stream, 3, at, kind, body, prev, hash FROM entries",
  "INSERT INTO entries SELECT stream, 2, at, kind, body, prev, hash FROM entries",
  "UPDATE bodies SET body = x'00'",
  "DELETE FROM bodies",
])("the file refuses: %s", async (statement) => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.put(new TextEncoder().encode("body"));
  await journal.commit([{ stream: "a", after: 0, entries: [note(1)] }], 1);
  expect(() => raw(files.path, (db) => db.exec(statement))).toThrow(/never|only ever/);
});

test("a body cannot be replaced by inserting it again", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  const hash = await journal.put(new TextEncoder().encode("body"));
  raw(files.path, (db) => db.prepare("REPLACE INTO bodies VALUES (?, x'00')").run(hash));
  expect(new TextDecoder().decode(await journal.get(hash))).toBe("body");
});

test("a bad journal is refused with its first bad entry, and is not touched", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.commit([{ stream: "a", after: 0, entries: [note(1), note(2), note(3)] }], 1);
  await journal.close();
  raw(files.path, (db) => db.exec("DROP TRIGGER entries_no_update; UPDATE entries SET body = '{\"n\":9}' WHERE seq = 2"));
  const before = readFileSync(files.path);
  const refused = await files.open().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(JournalCorruptError);
  expect(refused).toMatchObject({ code: "JOURNAL_CORRUPT", entry: { stream: "a", seq: 2 } });
  expect(readFileSync(files.path)).toEqual(before);
});

test("a journal that was cut, emptied or removed is refused for what its mirror knows", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.commit([{ stream: "a", after: 0, entries: [note(1), note(2), note(3)] }], 1);
  await journal.close();
  raw(files.path, (db) => {
    const [trigger] = db.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_delete'").pluck().all();
    db.exec(`DROP TRIGGER entries_no_delete; DELETE FROM entries WHERE seq = 3; ${trigger}`);
  });
  expect(await verifyJournal(files.path)).toMatchObject({ ok: true, mirror: "not asked" });
  await expect(files.open()).rejects.toMatchObject({ entry: { stream: "a", seq: 3 } });
  writeFileSync(files.path, "");
  await expect(files.open()).rejects.toMatchObject({ entry: { stream: "a", seq: 1 } });
  rmSync(files.path);
  await expect(files.open()).rejects.toMatchObject({ entry: { stream: "a", seq: 1 } });
  expect(existsSync(files.path)).toBe(false);
});

test("a file that is no journal is refused", async () => {
  await using files = temporaryJournal();
  writeFileSync(files.path, "not a database, however long it may be".repeat(50));
  await expect(files.open()).rejects.toBeInstanceOf(JournalCorruptError);
  await expect(openJournalReader(files.path)).rejects.toBeInstanceOf(JournalCorruptError);
});

test("a schema with one trigger more or less is refused", async () => {
  await using files = temporaryJournal();
  await (await files.open()).close();
  raw(files.path, (db) => db.exec("CREATE TRIGGER spy AFTER INSERT ON entries BEGIN SELECT 1; END"));
  await expect(files.open()).rejects.toThrow(/more than a journal's/);
  raw(files.path, (db) => db.exec("DROP TRIGGER spy; DROP TRIGGER entries_no_update"));
  await expect(files.open()).rejects.toThrow(/lacks/);
});

test("a file that cannot be made is a typed error with a remedy", async () => {
  await using files = temporaryJournal();
  const path = join(files.folder, "a-folder");
  mkdirSync(path);
  const failed = await openJournal({ path, mirror: files.mirror, onMirrorFailure: () => undefined }).catch(
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(JournalUnavailableError);
  expect(failed).toHaveProperty("remedy", expect.stringContaining("path"));
});

test("a second writer is refused in this process, also through a symbolic link", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await expect(files.open()).rejects.toBeInstanceOf(JournalLockedError);
  const link = join(files.folder, "link.db");
  symlinkSync(files.path, link);
  await expect(openJournal({ path: link, mirror: files.mirror, onMirrorFailure: () => undefined })).rejects.toBeInstanceOf(
    JournalLockedError,
  );
  await journal.close();
  await files.open();
});

test("a second writer is refused while the first process lives and admitted after kill -9", async () => {
  await using files = temporaryJournal();
  const options = JSON.stringify({ path: files.path, mirror: files.mirror });
  await using child = runModule(
    `import { openJournal } from "./open-journal.ts";
     const journal = await openJournal({ ...${options}, onMirrorFailure() {} });
     await journal.commit([{ stream: "a", after: 0, entries: [{ kind: "note", body: null }] }], 1);
     console.log("open");
     setInterval(() => journal, 1e6);`,
    import.meta.url,
  );
  expect((await child.lines.next()).value).toBe("open");
  await expect(files.open()).rejects.toMatchObject({
    code: "JOURNAL_LOCKED",
    remedy: expect.stringContaining("Stop the other one"),
  });
  const reader = await openJournalReader(files.path);
  expect(await collect(reader.read("a"))).toHaveLength(1);
  await reader.close();
  await child.kill();
  expect((await (await files.open()).head("a")).seq).toBe(1);
});

test("after kill -9 amid commits the journal verifies and holds every acknowledged entry", async () => {
  await using files = temporaryJournal();
  const options = JSON.stringify({ path: files.path, mirror: files.mirror });
  const acknowledged: string[] = [];
  for (const lines of [1, 60, 250, 7]) {
    await using child = runModule(
      `import { writeSync } from "node:fs";
       import { openJournal } from "./open-journal.ts";
       const journal = await openJournal({ ...${options}, onMirrorFailure() {} });
       const append = async (stream) => {
         for (let { seq } = await journal.head(stream); ; seq += 2) {
           const body = { text: "x".repeat(700) };
           const done = await journal.commit([{ stream, after: seq, entries: [{ kind: "a", body }, { kind: "b", body }] }], seq);
           writeSync(1, done.map(({ seq, hash }) => stream + " " + seq + " " + hash + "\\n").join(""));
         }
       };
       await Promise.all(["a", "b", "c"].map(append));`,
      import.meta.url,
    );
    for (let n = 0; n < lines; n++) acknowledged.push(String((await child.lines.next()).value));
    await child.kill();
    for await (const line of child.lines) if (/ [0-9a-f]{64}$/.test(line)) acknowledged.push(line);
    expect(await verifyJournal(files.path, files)).toMatchObject({ ok: true, mirror: "agrees" });
  }
  const reader = await openJournalReader(files.path);
  const present = new Set<string>();
  for (const stream of await reader.streams()) {
    for await (const { seq, hash } of reader.read(stream)) present.add(`${stream} ${seq} ${hash}`);
    expect((await reader.head(stream)).seq % 2, "a batch of two is never half there").toBe(0);
  }
  await reader.close();
  expect(acknowledged.length).toBeGreaterThanOrEqual(318);
  expect(acknowledged.filter((line) => !present.has(line))).toEqual([]);
});

test("a stale commit writes nothing and does not hold up the journal", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await expect(journal.commit([{ stream: "a", after: 3, entries: [note(1)] }], 1)).rejects.toBeInstanceOf(StaleError);
  await journal.commit([{ stream: "a", after: 0, entries: [note(1)] }], 1);
});

test("a closed journal is one file in which nothing waits to be merged", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.commit([{ stream: "a", after: 0, entries: [note(1)] }], 1);
  await journal.close();
  expect(existsSync(`${files.path}-wal`)).toBe(false);
  expect(existsSync(`${files.path}-shm`)).toBe(false);
  expect([...readFileSync(files.path).subarray(18, 20)], "the file's own mark: rollback journal, not WAL").toEqual([1, 1]);
});
