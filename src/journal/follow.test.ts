import { expect, test } from "vitest";
import { ManualClock, systemClock } from "../core/clock.ts";
import { follow } from "./follow.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { openJournalReader } from "./sqlite/open-journal-reader.ts";
import { temporaryJournal } from "./testing/temporary-journal.ts";

const part = (after: number) => [{ stream: "house", after, entries: [{ kind: "note", body: after + 1 }] }];

test("a follower in another connection sees what stands and then each entry as it comes", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  await journal.commit(part(0), 1);
  const reader = await openJournalReader(files.path);
  const stop = new AbortController();
  const seen: unknown[] = [];
  for await (const { seq, body } of follow(reader, "house", { clock: systemClock, every: 1, signal: stop.signal })) {
    seen.push(body);
    if (seq === 4) stop.abort();
    else await journal.commit(part(seq), 1);
  }
  expect(seen).toEqual([1, 2, 3, 4]);
  await reader.close();
});

test("a follower starts after the entry it is told and ends when its signal does", async () => {
  const journal = new MemoryJournal();
  for (const after of [0, 1, 2]) await journal.commit(part(after), 1);
  const stop = new AbortController();
  const following = follow(journal, "house", { after: 2, clock: new ManualClock(0), signal: stop.signal });
  expect((await following.next()).value).toMatchObject({ seq: 3 });
  stop.abort();
  expect(await following.next()).toEqual({ done: true, value: undefined });
});
