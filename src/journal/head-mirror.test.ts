import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openHeadMirror, readHeadMirror } from "./head-mirror.ts";
import { JournalUnavailableError } from "./journal.ts";
import { temporaryJournal } from "./testing/temporary-journal.ts";

const hash = (n: number) => n.toString(16).padStart(64, "0");
const head = (seq: number) => ({ seq, hash: hash(seq) });
const never = (failure: JournalUnavailableError) => expect.unreachable(failure.message);

test("the last head of each stream is what a mirror says", async () => {
  await using files = temporaryJournal();
  const mirror = openHeadMirror(files.mirror, { heads: new Map([["house", head(3)]]), onFailure: never });
  mirror.record(new Map([["fleet:two words", head(1)]]));
  mirror.record(new Map([["house", head(4)]]));
  mirror.close();
  expect(readHeadMirror(files.mirror)).toEqual({
    heads: new Map([
      ["house", head(4)],
      ["fleet:two words", head(1)],
    ]),
    unreadable: 0,
  });
});

test("there is no mirror where there is no file", async () => {
  await using files = temporaryJournal();
  expect(readHeadMirror(files.mirror)).toBeUndefined();
});

test("cut anywhere and written on, a mirror may lag and never says what was not so", async () => {
  await using files = temporaryJournal();
  const written = [1, 2, 3].map(head);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 234 }), (keep) => {
      const mirror = openHeadMirror(files.mirror, { heads: new Map(), onFailure: never });
      for (const each of written) mirror.record(new Map([["wallet:0x12", each]]));
      truncateSync(files.mirror, Math.min(keep, statSync(files.mirror).size));
      appendFileSync(files.mirror, `\n9 "house" ${hash(9)}`);
      mirror.close();
      const heads = readHeadMirror(files.mirror)?.heads;
      expect([undefined, ...written]).toContainEqual(heads?.get("wallet:0x12"));
      expect(heads?.get("house")).toEqual(head(9));
      expect([...(heads?.keys() ?? [])].every((stream) => ["house", "wallet:0x12"].includes(stream))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("a mirror is written anew when it has grown long, and goes on", async () => {
  await using files = temporaryJournal();
  const mirror = openHeadMirror(files.mirror, { heads: new Map([["old", head(7)]]), onFailure: never, compactAtBytes: 1_000 });
  for (let seq = 1; seq <= 500; seq++) mirror.record(new Map([["house", head(seq)]]));
  mirror.close();
  expect(readFileSync(files.mirror).length).toBeLessThan(1_100);
  expect(readHeadMirror(files.mirror)?.heads).toEqual(
    new Map([
      ["old", head(7)],
      ["house", head(500)],
    ]),
  );
});

test("a mirror that cannot be written is told of, stops no commit, and catches up", async () => {
  await using files = temporaryJournal();
  const failures: JournalUnavailableError[] = [];
  const options = {
    heads: new Map(),
    onFailure: (failure: JournalUnavailableError) => failures.push(failure),
    compactAtBytes: 200,
  };
  const mirror = openHeadMirror(files.mirror, options);
  mkdirSync(`${files.mirror}.next`);
  for (let seq = 1; seq <= 5; seq++) mirror.record(new Map([["house", head(seq)]]));
  expect(failures.length).toBeGreaterThan(0);
  expect(failures[0]).toBeInstanceOf(JournalUnavailableError);
  rmSync(`${files.mirror}.next`, { recursive: true });
  mirror.record(new Map([["house", head(6)]]));
  mirror.close();
  expect(readHeadMirror(files.mirror)?.heads.get("house")).toEqual(head(6));
});
