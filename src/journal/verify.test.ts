import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../core/json.ts";
import { rowHash } from "./chain.ts";
import { JournalUnavailableError } from "./journal.ts";
import { refer } from "./reference.ts";
import { openJournalReader } from "./sqlite/open-journal-reader.ts";
import { SCHEMA } from "./sqlite/schema.ts";
import { collect } from "./testing/collect.ts";
import { type TemporaryJournal, temporaryJournal } from "./testing/temporary-journal.ts";
import { verifyJournal } from "./verify.ts";

const STREAMS = ["fleet:a", "house", "wallet:0x01"];
const LENGTH = 12;

/** Three closed streams of twelve entries. */
async function filled(files: TemporaryJournal): Promise<void> {
  const journal = await files.open();
  for (const [n, stream] of STREAMS.entries()) {
    const entries = Array.from({ length: LENGTH }, (_, seq) => ({ kind: "note", body: { seq, text: "é\ufffd", n } }));
    await journal.commit([{ stream, after: 0, entries }], 1_000 + n);
  }
  await journal.close();
}

/** Runs SQL as somebody with the right to write the file would, past the triggers, and leaves the schema as it was. */
function tamper(path: string, work: (db: Database.Database) => void): void {
  const db = new Database(path);
  // Hundreds of copies, none of which is needed after a crash.
  db.pragma("synchronous = OFF");
  const triggers = SCHEMA.filter((sql) => sql.startsWith("CREATE TRIGGER"));
  for (const sql of triggers) db.exec(`DROP TRIGGER ${sql.split(" ")[2]}`);
  work(db);
  for (const sql of triggers) db.exec(sql);
  db.close();
}

test("a sound journal verifies, with its streams, lengths and heads", async () => {
  await using files = temporaryJournal();
  await filled(files);
  const result = await verifyJournal(files.path, files);
  expect(result).toMatchObject({ ok: true, mirror: "agrees", missingBodies: [] });
  expect(result.streams).toEqual(
    STREAMS.map((stream) => ({ stream, entries: LENGTH, head: { seq: LENGTH, hash: expect.stringMatching(/^[0-9a-f]{64}$/) } })),
  );
  expect(result).not.toHaveProperty("firstBad");
});

test("one byte changed in any column of any entry: verify names that entry", async () => {
  await using files = temporaryJournal();
  await filled(files);
  const copy = join(files.folder, "copy.db");
  const edit = fc.record({
    stream: fc.constantFrom(...STREAMS),
    seq: fc.integer({ min: 1, max: LENGTH }),
    column: fc.constantFrom("at", "kind", "body", "prev", "hash"),
    place: fc.nat(),
    flip: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(edit, async ({ stream, seq, column, place, flip }) => {
      copyFileSync(files.path, copy);
      tamper(copy, (db) => {
        const cell = db.prepare<[string, number], Uint8Array>(
          `SELECT CAST(${column} AS BLOB) FROM entries WHERE stream = ? AND seq = ?`,
        );
        const bytes = cell.pluck().get(stream, seq);
        if (!bytes) expect.unreachable();
        const at = place % bytes.length;
        const flipped = Buffer.from(bytes);
        if (column === "at") {
          const digit = (Number(String.fromCharCode(bytes[at] ?? 0)) + (flip % 9) + 1) % 10;
          flipped[at] = String(digit).charCodeAt(0);
        } else flipped[at] = (bytes[at] ?? 0) ^ flip;
        const type = column === "at" ? "INTEGER" : "TEXT";
        db.prepare(`UPDATE entries SET ${column} = CAST(? AS ${type}) WHERE stream = ? AND seq = ?`).run(
          column === "at" ? flipped.toString() : flipped,
          stream,
          seq,
        );
      });
      const result = await verifyJournal(copy);
      expect(result.ok).toBe(false);
      expect(result.firstBad).toMatchObject({ stream, seq });
    }),
    { numRuns: 300 },
  );
});

test("bytes that only read as the same text are a change too", async () => {
  await using files = temporaryJournal();
  await filled(files);
  const badUtf8 = "SELECT CAST(replace(hex(body), 'EFBFBD', 'F0BFBD') AS TEXT) FROM entries WHERE stream = 'house' AND seq = 3";
  tamper(files.path, (db) => {
    const hex = db.prepare<[], string>(badUtf8).pluck().get();
    const bytes = Buffer.from(hex ?? "", "hex");
    db.prepare("UPDATE entries SET body = CAST(? AS TEXT) WHERE stream = 'house' AND seq = 3").run(bytes);
  });
  expect((await verifyJournal(files.path)).firstBad).toMatchObject({ stream: "house", seq: 3 });
});

test("one row moved, removed or doubled under another number or stream: verify names its place", async () => {
  await using files = temporaryJournal();
  await filled(files);
  const copy = join(files.folder, "copy.db");
  const place = fc.record({ stream: fc.constantFrom(...STREAMS), seq: fc.integer({ min: 1, max: LENGTH }) });
  const change = fc.constantFrom(
    ["DELETE FROM entries WHERE stream = ? AND seq = ?", 0],
    ["UPDATE entries SET seq = seq + 100 WHERE stream = ? AND seq = ?", 0],
    ["UPDATE entries SET seq = -seq WHERE stream = ? AND seq = ?", "negative"],
    ["INSERT INTO entries SELECT stream, 13, at, kind, body, prev, hash FROM entries WHERE stream = ? AND seq = ?", 13],
  );
  await fc.assert(
    fc.asyncProperty(place, change, async ({ stream, seq }, [sql, named]) => {
      copyFileSync(files.path, copy);
      tamper(copy, (db) => db.prepare(String(sql)).run(stream, seq));
      const { firstBad } = await verifyJournal(copy, files);
      expect(firstBad).toMatchObject({ stream, seq: named === 13 ? 13 : named === "negative" ? -seq : seq });
    }),
    { numRuns: 100 },
  );
});

test("one bit flipped anywhere in the file: either verify objects or every entry is still the same", async () => {
  await using files = temporaryJournal();
  await filled(files);
  const original = readFileSync(files.path);
  const reader = await openJournalReader(files.path);
  const committed = await Promise.all(STREAMS.map((stream) => collect(reader.read(stream))));
  await reader.close();
  const copy = join(files.folder, "copy.db");
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: original.length * 8 - 1 }), async (bit) => {
      const bytes = Buffer.from(original);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(copy, bytes);
      if (!(await verifyJournal(copy, files)).ok) {
        seen += 1;
        return;
      }
      const flipped = await openJournalReader(copy);
      expect(await Promise.all(STREAMS.map((stream) => collect(flipped.read(stream))))).toEqual(committed);
      await flipped.close();
    }),
    { numRuns: 500 },
  );
  expect(seen, "flips that verify saw").toBeGreaterThan(50);
});

test("an entry rewritten with a hash of its own is seen at the next one, the last one by the mirror", async () => {
  await using files = temporaryJournal();
  await filled(files);
  const rewrite = (seq: number) =>
    tamper(files.path, (db) => {
      type Columns = Parameters<typeof rowHash>[0];
      const row = db.prepare<[number], Columns>("SELECT * FROM entries WHERE stream = 'house' AND seq = ?").get(seq);
      if (!row) expect.unreachable();
      const forged = { ...row, body: '{"forged":true}' };
      db.prepare("UPDATE entries SET body = ?, hash = ? WHERE stream = 'house' AND seq = ?").run(
        forged.body,
        rowHash(forged),
        seq,
      );
    });
  rewrite(LENGTH);
  expect((await verifyJournal(files.path)).ok).toBe(true);
  expect(await verifyJournal(files.path, files)).toMatchObject({
    ok: false,
    mirror: "disagrees",
    firstBad: { stream: "house", seq: LENGTH, reason: expect.stringContaining("rewritten") },
  });
  rewrite(4);
  expect((await verifyJournal(files.path)).firstBad).toMatchObject({ stream: "house", seq: 5 });
});

test("a cut tail is found by the mirror, and what stands before it is told", async () => {
  await using files = temporaryJournal();
  await filled(files);
  tamper(files.path, (db) => db.exec("DELETE FROM entries WHERE stream = 'house' AND seq > 9"));
  const result = await verifyJournal(files.path, files);
  expect(result.firstBad).toEqual({ stream: "house", seq: 10, reason: "the tail was cut off: the mirror knows entry 12" });
  expect(result.streams[1]).toMatchObject({ stream: "house", entries: 9 });
  expect(await verifyJournal(files.path, { mirror: join(files.folder, "none") })).toMatchObject({ ok: true, mirror: "absent" });
});

test("a mirror that lags agrees", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.commit([{ stream: "house", after: 0, entries: [{ kind: "note", body: 1 }] }], 1);
  const old = readFileSync(files.mirror);
  await journal.commit([{ stream: "house", after: 1, entries: [{ kind: "note", body: 2 }] }], 1);
  writeFileSync(files.mirror, old);
  expect(await verifyJournal(files.path, files)).toMatchObject({ ok: true, mirror: "agrees" });
});

test("missing and altered bodies are reported with the entries that refer to them, and break no chain", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  const [lost, bent, kept] = ["lost ", "bent ", "kept "].map((word) => word.repeat(2_000));
  const bodies = [await refer(journal, lost), await refer(journal, bent), await refer(journal, kept)];
  const entries = [
    { kind: "answer", body: { deep: [{ text: bodies[0] ?? null }] } },
    { kind: "answer", body: bodies[1] ?? null },
    { kind: "answer", body: { texts: [...bodies] } },
  ];
  await journal.commit([{ stream: "house", after: 0, entries }], 1);
  await journal.close();
  const [lostHash, bentHash] = [lost, bent].map((text) => sha256(JSON.stringify(text)));
  tamper(files.path, (db) => {
    db.prepare("DELETE FROM bodies WHERE hash = ?").run(lostHash);
    db.prepare("UPDATE bodies SET body = x'00' WHERE hash = ?").run(bentHash);
  });
  const result = await verifyJournal(files.path, files);
  expect(result.ok).toBe(true);
  const bySeq = [...result.missingBodies].sort((a, b) => a.seq - b.seq || a.reason.localeCompare(b.reason));
  expect(bySeq).toEqual([
    { stream: "house", seq: 1, hash: lostHash, reason: "missing" },
    { stream: "house", seq: 2, hash: bentHash, reason: "altered" },
    { stream: "house", seq: 3, hash: bentHash, reason: "altered" },
    { stream: "house", seq: 3, hash: lostHash, reason: "missing" },
  ]);
  expect((await files.open()).verification.missingBodies).toHaveLength(4);
});

test("a file that is not there is an error, not a verdict", async () => {
  await using files = temporaryJournal();
  await expect(verifyJournal(files.path)).rejects.toBeInstanceOf(JournalUnavailableError);
});
