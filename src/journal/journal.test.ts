import { describe, expect, onTestFinished, test } from "vitest";
import { sha256 } from "../core/json.ts";
import { BEFORE_FIRST } from "./chain.ts";
import { type Batch, type Draft, type Entry, type Journal, JournalClosedError, MissingBodyError, StaleError } from "./journal.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { collect } from "./testing/collect.ts";
import { temporaryJournal } from "./testing/temporary-journal.ts";

const note = (n: number): Draft => ({ kind: "note", body: { n } });
const one = (stream: string, after: number, ...entries: readonly Draft[]): readonly Batch[] => [{ stream, after, entries }];

async function sqliteJournal(): Promise<Journal> {
  const files = temporaryJournal();
  onTestFinished(() => files[Symbol.asyncDispose]());
  return files.open();
}

describe.each([
  { name: "in memory", open: async (): Promise<Journal> => new MemoryJournal() },
  { name: "in SQLite", open: sqliteJournal },
])("a journal $name", ({ open }) => {
  test("gives back what was committed, in order, from any place", async () => {
    const journal = await open();
    const committed = await journal.commit(one("house", 0, note(1), note(2), note(3)), 1_000);
    expect(await collect(journal.read("house"))).toEqual(committed);
    expect(await collect(journal.read("house", 2))).toEqual(committed.slice(2));
    expect(await collect(journal.read("house", 9))).toEqual([]);
    expect(await collect(journal.read("nobody"))).toEqual([]);
    expect(committed.map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test("reads more than a page of entries", async () => {
    const journal = await open();
    await journal.commit(one("house", 0, ...Array.from({ length: 1_000 }, (_, n) => note(n))), 1);
    expect((await collect(journal.read("house", 1))).map(({ seq }) => seq)).toEqual(Array.from({ length: 999 }, (_, n) => n + 2));
  });

  test("knows its streams and their heads", async () => {
    const journal = await open();
    await journal.commit(one("wallet:b", 0, note(1)), 1);
    const [, last] = await journal.commit(one("house", 0, note(1), note(2)), 1);
    expect(await journal.streams()).toEqual(["house", "wallet:b"]);
    expect(await journal.head("house")).toEqual({ seq: 2, hash: last?.hash });
    expect(await journal.head("nobody")).toEqual({ seq: 0, hash: BEFORE_FIRST });
  });

  test("refuses a commit after a head that has moved, and says where it is", async () => {
    const journal = await open();
    const [entry] = await journal.commit(one("house", 0, note(1)), 1);
    const stale = await journal.commit(one("house", 0, note(2)), 1).catch((error: unknown) => error);
    expect(stale).toBeInstanceOf(StaleError);
    expect(stale).toMatchObject({ code: "STALE", stream: "house", after: 0, head: { seq: 1, hash: entry?.hash } });
    await expect(journal.commit(one("house", 5, note(2)), 1)).rejects.toBeInstanceOf(StaleError);
  });

  test("bodies are stored with the entries that name them, and not where those are refused", async () => {
    const journal = await open();
    const [kept, lost] = [Buffer.from("kept"), Buffer.from("lost")];
    await journal.commit(one("house", 0, note(1)), 1, [kept]);
    await expect(journal.commit(one("house", 0, note(2)), 1, [lost])).rejects.toBeInstanceOf(StaleError);
    expect(Buffer.from(await journal.get(sha256(kept))).toString()).toBe("kept");
    await expect(journal.get(sha256(lost))).rejects.toBeInstanceOf(MissingBodyError);
    await journal.commit(one("house", 1, note(2)), 1, [kept]);
    expect(await journal.head("house")).toMatchObject({ seq: 2 });
  });

  test("fifty concurrent commits after the same head: exactly one wins", async () => {
    const journal = await open();
    const tries = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => journal.commit(one("house", 0, note(n)), 1)));
    const lost = tries.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(lost).toHaveLength(49);
    expect(lost.every((error) => error instanceof StaleError)).toBe(true);
    expect(await collect(journal.read("house"))).toHaveLength(1);
  });

  test("fifty callers that read again until they win: one winner for each place", async () => {
    const journal = await open();
    const append = async (n: number): Promise<Entry> => {
      for (;;) {
        const { seq } = await journal.head("house");
        try {
          const [entry] = await journal.commit(one("house", seq, note(n)), 1);
          if (entry) return entry;
        } catch (error) {
          if (!(error instanceof StaleError)) throw error;
        }
      }
    };
    const won = await Promise.all(Array.from({ length: 50 }, (_, n) => append(n)));
    expect(won.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(await collect(journal.read("house"))).toEqual([...won].sort((a, b) => a.seq - b.seq));
  });

  test("a batch over two streams is committed as one, or not at all", async () => {
    const journal = await open();
    const both = (house: number, fleet: number): readonly Batch[] => [
      ...one("house", house, note(1)),
      ...one("fleet:a", fleet, note(2)),
    ];
    await journal.commit(both(0, 0), 1);
    await expect(journal.commit(both(1, 0), 1)).rejects.toBeInstanceOf(StaleError);
    expect((await journal.head("house")).seq).toBe(1);
    expect((await journal.head("fleet:a")).seq).toBe(1);
    await journal.commit(both(1, 1), 1);
    expect((await journal.head("fleet:a")).seq).toBe(2);
  });

  test("a part without entries only asserts where its stream is", async () => {
    const journal = await open();
    await journal.commit([...one("fleet:a", 0), ...one("house", 0, note(1))], 1);
    expect(await journal.streams()).toEqual(["house"]);
    await expect(journal.commit([...one("house", 0), ...one("fleet:a", 0, note(1))], 1)).rejects.toBeInstanceOf(StaleError);
    expect(await journal.streams()).toEqual(["house"]);
  });

  test("a body changed by its owner after the commit call, or by a reader, stays as it was", async () => {
    const journal = await open();
    const body = { list: [1] };
    const committing = journal.commit(one("house", 0, { kind: "note", body }), 1);
    body.list.push(2);
    const [entry] = await committing;
    if (!entry) expect.unreachable();
    (entry.body as unknown as typeof body).list.push(3);
    expect((await collect(journal.read("house")))[0]?.body).toEqual({ list: [1] });
  });

  test("bodies are kept by their hash", async () => {
    const journal = await open();
    const bytes = new TextEncoder().encode("a prompt");
    const hash = await journal.put(bytes);
    expect(await journal.put(bytes)).toBe(hash);
    expect(hash).toBe(sha256("a prompt"));
    expect(await journal.get(hash)).toEqual(bytes);
    await expect(journal.get(sha256("other"))).rejects.toBeInstanceOf(MissingBodyError);
  });

  test("the same drafts give the same head in two runs", async () => {
    const run = async () => {
      const journal = await open();
      const bodies = Array.from({ length: 30 }, (_, n) => ({ z: n, a: [String(n), null, true], nested: { b: 1.5, a: "é" } }));
      for (const [n, body] of bodies.entries())
        await journal.commit(one(`wallet:${n % 3}`, Math.floor(n / 3), { kind: "k", body }), n);
      return Promise.all((await journal.streams()).map((stream) => journal.head(stream)));
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(first[0]).toEqual({ seq: 10, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test("a closed journal takes and gives nothing", async () => {
    const journal = await open();
    await journal.close();
    await journal.close();
    await expect(journal.commit(one("house", 0, note(1)), 1)).rejects.toBeInstanceOf(JournalClosedError);
    await expect(collect(journal.read("house"))).rejects.toBeInstanceOf(JournalClosedError);
    await expect(journal.put(new Uint8Array())).rejects.toBeInstanceOf(JournalClosedError);
    await expect(journal.head("house")).rejects.toBeInstanceOf(JournalClosedError);
  });
});

test("the journal in memory and the one in SQLite make the same hashes", async () => {
  const heads = [new MemoryJournal(), await sqliteJournal()].map(async (journal) => {
    await journal.commit([...one("house", 0, note(1)), ...one("fleet:é", 0, { kind: "k", body: ["\u2028", '"', 1e21, -0] })], 5);
    return [await journal.head("house"), await journal.head("fleet:é")];
  });
  const [memory, sqlite] = await Promise.all(heads);
  expect(sqlite).toEqual(memory);
});
