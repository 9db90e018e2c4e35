import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonRpcError } from "./json-rpc-error.ts";
import { parseStrictJson } from "./parse-strict-json.ts";

test("any shallow JSON comes out as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("an object that names a key twice is refused, wherever it is and however the key is spelt", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }),
      fc.jsonValue({ maxDepth: 2 }),
      fc.boolean(),
      (key, one, two, escaped) => {
        const plain = JSON.stringify(key);
        const spelt = escaped ? `"${[...Array(key.length).keys()].map((i) => unicode(key.charCodeAt(i))).join("")}"` : plain;
        const object = `{${plain}:${JSON.stringify(one)},${spelt}:${JSON.stringify(two)}}`;
        for (const text of [object, `[1,${object}]`, `{"in":{"in":${object}}}`]) {
          expect(() => parseStrictJson(text)).toThrow(JsonRpcError);
        }
      },
    ),
  );
});

test("the same key in two objects, and a key's text as a value, are no repetition", () => {
  for (const text of [
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":1}},"b":"a"}',
    '{"a":"a","b":["a","a"]}',
    '{"a:":1,"a":"{\\"a\\":1}"}',
  ]) {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  }
});

test("what is nested too deeply is refused, brackets in text are not nesting", () => {
  expect(() => parseStrictJson(`${"[".repeat(17)}${"]".repeat(17)}`)).toThrow(/nested/);
  expect(() => parseStrictJson(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toThrow(/nested/);
  expect(parseStrictJson(`["${"[".repeat(1_000)}"]`)).toEqual(["[".repeat(1_000)]);
});

test("what is no JSON is a parse error, however long, and quickly", () => {
  for (const text of ["", "{", '{"a":1,}', "NaN", "'a'", '"\\'.repeat(100_000), '{"a":1}{"a":1}']) {
    expect(() => parseStrictJson(text)).toThrow(expect.objectContaining({ rpcCode: -32700 }));
  }
});

function unicode(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
