import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDoubled } from "./parse-doubled.ts";

test("JSON without double keys is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      expect(parseDoubled(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("a key that an object has twice is marked with all its values, at any depth", () => {
  expect(parseDoubled('{"a":[{"b":1,"c":2,"b":{"d":3}}],"e":"x\\"}"}')).toEqual({
    a: [{ b: { written_twice: [1, { d: 3 }] }, c: 2 }],
    e: 'x"}',
  });
});

test("a key spelt in two ways is one key", () => {
  expect(parseDoubled('{"size":1,"si\\u007ae":2}')).toEqual({ size: { written_twice: [1, 2] } });
});

test.each(["{", '{"a":}', "NaN", "", "{'a':1}"])("%s is no JSON", (text) => {
  expect(parseDoubled(text)).toBeUndefined();
});

test("nesting without an end is not followed", () => {
  expect(parseDoubled("[".repeat(5_000) + "]".repeat(5_000))).toBeUndefined();
});
