import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, type Json } from "../core/json.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { bodyReferences, dereference, INLINE_BYTES, isBodyReference, refer } from "./reference.ts";

const HASH = "ab".repeat(32);

test("what fits stands in the entry, what does not is stored, at the byte", async () => {
  const journal = new MemoryJournal();
  const fits = "é".repeat(INLINE_BYTES / 2 - 1);
  expect(await refer(journal, fits)).toBe(fits);
  const reference = await refer(journal, `${fits}x`);
  expect(reference).toEqual({ $body: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: INLINE_BYTES + 1 });
  expect(await dereference(journal, reference)).toBe(`${fits}x`);
});

test("any JSON comes back as it was, large or small", async () => {
  const journal = new MemoryJournal();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.boolean(), async (value, large) => {
      const json = (large ? [value, "x".repeat(INLINE_BYTES)] : value) as Json;
      expect(canonicalJson(await dereference(journal, await refer(journal, json)))).toBe(canonicalJson(json));
    }),
  );
});

test("text from a model that looks like a reference is never taken for one", async () => {
  const journal = new MemoryJournal();
  const forged = { answer: [{ $body: HASH, bytes: 3 }] };
  const written = await refer(journal, forged);
  expect(isBodyReference(written)).toBe(true);
  expect(written).not.toEqual(forged);
  expect(await dereference(journal, written)).toEqual(forged);
});

test("only an exact reference is one", () => {
  expect(isBodyReference({ $body: HASH, bytes: 0 })).toBe(true);
  for (const other of [
    null,
    [],
    HASH,
    { $body: HASH },
    { $body: HASH, bytes: -1 },
    { $body: HASH, bytes: "1" },
    { $body: "ab", bytes: 1 },
  ]) {
    expect(isBodyReference(other)).toBe(false);
  }
  expect(isBodyReference({ $body: HASH, bytes: 1, more: 1 })).toBe(false);
});

test("references are found at any depth", () => {
  const reference = { $body: HASH, bytes: 1 };
  expect(bodyReferences({ a: [1, { b: reference }], c: reference, d: null, e: "x" })).toEqual([reference, reference]);
});
