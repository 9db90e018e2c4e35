import fc from "fast-check";
import { expect, test } from "vitest";
import { InvariantError } from "../core/errors.ts";
import { hashOf, type Json } from "../core/json.ts";
import { BEFORE_FIRST, EMPTY, faultOf, linkBatch, prepareBatch, type Row, rowHash, toEntry } from "./chain.ts";

const name = fc
  .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .filter((text) => /^[^\p{Cc}\p{Cs}\uFFFD]+$/u.test(text));

function chain(length: number): readonly Row[] {
  const entries = Array.from({ length }, (_, n) => ({ kind: "note", body: { n } }));
  return linkBatch(prepareBatch([{ stream: "house", after: 0, entries }], 1_000), 1_000, () => EMPTY);
}

test("a hash is the SHA-256 of the canonical JSON of all other fields", () => {
  fc.assert(
    fc.property(name, name, fc.jsonValue(), fc.nat(), (stream, kind, body, at) => {
      const json = body as Json;
      const [row] = linkBatch(prepareBatch([{ stream, after: 0, entries: [{ kind, body: json }] }], at), at, () => EMPTY);
      if (!row) expect.unreachable();
      const { hash, ...rest } = toEntry(row);
      expect(hash).toBe(hashOf(rest));
    }),
  );
});

test("the first entry comes after 64 zeros and each other one after the hash before it", () => {
  const rows = chain(4);
  expect(rows.map(({ prev }) => prev)).toEqual([BEFORE_FIRST, ...rows.slice(0, -1).map(({ hash }) => hash)]);
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
});

test("time never goes back within a stream", () => {
  const tail = { seq: 7, hash: "a".repeat(64), at: 5_000 };
  const prepared = prepareBatch([{ stream: "house", after: 7, entries: [{ kind: "note", body: null }] }], 4_000);
  expect(linkBatch(prepared, 4_000, () => tail)[0]?.at).toBe(5_000);
  expect(linkBatch(prepared, 6_000, () => tail)[0]?.at).toBe(6_000);
});

test("two parts of a batch may extend the same stream, one after the other", () => {
  const entries = [{ kind: "note", body: null }];
  const prepared = prepareBatch(
    [
      { stream: "house", after: 0, entries },
      { stream: "house", after: 1, entries },
    ],
    1,
  );
  expect(linkBatch(prepared, 1, () => EMPTY).map(({ seq }) => seq)).toEqual([1, 2]);
});

test.each(["", "a\nb", "\ud800", "\ufffd", "x".repeat(201)])("%j can name neither a stream nor a kind", (bad) => {
  expect(() => prepareBatch([{ stream: bad, after: 0, entries: [] }], 1)).toThrow(InvariantError);
  expect(() => prepareBatch([{ stream: "house", after: 0, entries: [{ kind: bad, body: null }] }], 1)).toThrow(InvariantError);
});

test.each([-1, 1.5, Number.NaN, 2 ** 53])("%d is no instant", (at) => {
  expect(() => prepareBatch([], at)).toThrow(InvariantError);
});

test("every way in which a row cannot follow another is told apart", () => {
  const [first, second] = chain(2);
  if (!first || !second) expect.unreachable();
  const rehashed = (row: Row) => ({ ...row, hash: rowHash(row) });
  expect(faultOf(first, EMPTY)).toBeUndefined();
  expect(faultOf(second, first)).toBeUndefined();
  expect(faultOf(second, EMPTY)).toMatch(/missing/);
  expect(faultOf(first, first)).toMatch(/out of order/);
  expect(faultOf(rehashed({ ...second, at: 999 }), first)).toMatch(/before that of/);
  expect(faultOf(rehashed({ ...second, at: 2 ** 60 }), first)).toMatch(/not an instant/);
  expect(faultOf(rehashed({ ...second, prev: "f".repeat(64) }), first)).toMatch(/prev/);
  expect(faultOf({ ...second, body: '{"n":2}' }, first)).toMatch(/content/);
});
