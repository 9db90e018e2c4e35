import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "./decimal.ts";
import { canonicalJson, TooDeepError, toJson } from "./json.ts";

test("keys are sorted, decimals and bigints are strings, absent fields stay absent", () => {
  expect(canonicalJson({ b: 1n, a: decimal("1.50"), c: undefined, d: [true, null] })).toBe('{"a":"1.5","b":"1","d":[true,null]}');
});

test("one value has one text, whatever the order its keys came in", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(object));
    }),
  );
});

test("text that is shaped like a number of ours stays text", () => {
  expect(toJson({ toStringTag: "[object Decimal]", s: 1 })).toEqual({ toStringTag: "[object Decimal]", s: 1 });
});

test("bottomless nesting is refused with a typed error", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  expect(() => canonicalJson(deep)).toThrow(TooDeepError);
});
