import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "./decimal.ts";
import { canonicalJson, isJson, TooDeepError, toJson } from "./json.ts";

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

/** The same by way of the plain value: sorted by its own hand. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${asText(item)}`);
  return { text: `{${pairs.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).join(",")}}` };
}
const keyOf = (pair: string) => JSON.parse(/^"(?:[^"\\]|\\.)*"/.exec(pair)?.[0] ?? '""') as string;
function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join(",")}]`;
  return typeof value === "object" && value !== null ? (sorted(value) as { text: string }).text : JSON.stringify(value);
}

test("the text of a value is that of its plain JSON with sorted keys, for anything that can be nested in it", () => {
  const leaf = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt(),
    fc.integer().map((n) => decimal(n).div(8)),
    fc.date({ noInvalidDate: true }).map((at) => ({ toJSON: () => ({ at: at.getTime(), of: decimal("1.0") }) })),
  );
  const key = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "toJSON", "constructor", "10", "9"));
  const value = fc.anything({ key, values: [leaf], maxDepth: 3, maxKeys: 5 });
  fc.assert(
    fc.property(value, (drawn) => {
      expect(canonicalJson(drawn)).toBe(asText(toJson(drawn)));
    }),
    { numRuns: 100 },
  );
  for (const bad of [undefined, Number.NaN, [undefined], { a: new Map() }, new Set(), () => 1, Symbol("a")]) {
    expect(() => canonicalJson(bad)).toThrow();
  }
});

test("text that is shaped like a number of ours stays text", () => {
  expect(toJson({ toStringTag: "[object Decimal]", s: 1 })).toEqual({ toStringTag: "[object Decimal]", s: 1 });
});

test("bottomless nesting is refused with a typed error", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  expect(() => canonicalJson(deep)).toThrow(TooDeepError);
});

test("what JSON says is JSON, and nothing else that an object may be", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => isJson(JSON.parse(JSON.stringify(value)))));
  for (const value of [Number.NaN, [Number.POSITIVE_INFINITY], undefined, [undefined], 1n, new Date(0), { a: new Map() }]) {
    expect(isJson(value)).toBe(false);
  }
});
