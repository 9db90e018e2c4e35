import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAnswer } from "./parse-answer.ts";

const value = (text: string) => {
  const parsed = parseAnswer(text);
  return parsed.ok ? parsed.value : parsed.reason;
};

test.each([
  ["P1 a fence", '```json\n{"decision":"hold"}\n```', { decision: "hold" }],
  ["P2 an allocation", '{"BTC":0.5,"ETH":0.3,"SOL":0.2}', { BTC: 0.5, ETH: 0.3, SOL: 0.2 }],
  ["P3 nulls", '{"action":"hold","size":null,"price":null}', { action: "hold", size: null, price: null }],
  ["P4 no brace", "I would hold.", "No JSON object"],
  ["P11 two objects", '{"a":1} or {"a":2}', { a: 1 }],
  ["P11 prose with a brace after", 'Here: {"a":{"b":1}} as {you} asked }', { a: { b: 1 } }],
  ["prose with braces before", 'Given {x, y} I say {"a":1}', { a: 1 }],
  ["a brace that never closes before", 'think { then {"a":1}', { a: 1 }],
  ["braces and quotes in strings", '{"why":"a } and a \\" and { too","n":1}', { why: 'a } and a " and { too', n: 1 }],
  ["a backslash at a string's end", '{"path":"c:\\\\","n":1} }', { path: "c:\\", n: 1 }],
  ["a cut object", '{"decision":"hold","why":"beca', "No complete JSON object"],
  ["a list alone", '["a"]', "No JSON object"],
])("%s", (_, text, expected) => {
  expect(value(text)).toEqual(expected);
});

test("any object is found within any prose without an opening brace before it, whatever follows", () => {
  fc.assert(
    fc.property(
      fc.string().map((text) => text.replaceAll("{", "(")),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      (before, object, after) => {
        const json = JSON.stringify(object);
        expect(parseAnswer(`${before}${json}${after}`)).toEqual({ ok: true, value: JSON.parse(json), text: json });
      },
    ),
  );
});

test("any text has an answer that is an object or a reason, and an object stands in the text", () => {
  const braces = fc.string({ unit: fc.constantFrom("{", "}", '"', "\\", ":", "a", "1", ",", " ") });
  fc.assert(
    fc.property(fc.oneof(fc.string(), braces), (text) => {
      const parsed = parseAnswer(text);
      if (parsed.ok) expect(text).toContain(parsed.text);
      else expect(parsed.reason).not.toBe("");
    }),
    { numRuns: 2_000 },
  );
});

test("a flood of braces is given up instead of searched for ever", () => {
  expect(value("{".repeat(1_000_000))).toBe("No JSON object found: too many braces");
});
