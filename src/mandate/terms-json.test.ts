import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../core/json.ts";
import { TermsNotValidError, termsFromJson, termsHash, termsToJson } from "./terms-json.ts";
import { arbitraryTerms } from "./testing/arbitrary-terms.ts";
import { parseSample } from "./testing/sample-mandate.ts";

test("any terms come back from their JSON exactly, with the same hash", () => {
  fc.assert(
    fc.property(arbitraryTerms, (terms) => {
      const again = termsFromJson(JSON.parse(JSON.stringify(termsToJson(terms))));
      expect(again).toEqual(terms);
      expect(termsHash(again)).toBe(termsHash(terms));
    }),
    { numRuns: 300 },
  );
});

test("how an amount is written and in which order the keys stand make no other hash", () => {
  const plain = parseSample().terms;
  const other = parseSample(
    ["max_single_trade_usd: 500", 'max_single_trade_usd: "500.00"'],
    ["  max_daily_loss_usd: 60\n", ""],
    ["limits:\n", "limits:\n  max_daily_loss_usd: 60\n"],
  ).terms;
  expect(termsHash(other)).toBe(termsHash(plain));
});

test.each([
  ["a limit", ["max_single_trade_usd: 500", "max_single_trade_usd: 501"]],
  ["an address of the book", ["0x6666666666666666666666666666666666666666", "0x6666666666666666666666666666666666666667"]],
  ["a feed's age", ["max_age: 1h", "max_age: 2h"]],
  ["the network", ["network: rehearsal", "network: base"]],
] as const)("another %s makes another hash", (_name, change) => {
  expect(termsHash(parseSample(change).terms)).not.toBe(termsHash(parseSample().terms));
});

test("prose and model are no terms: they change without changing the hash", () => {
  const other = parseSample(["Hold half", "Hold exactly half"], ["claude-sonnet-4-5", "claude-opus-4-1"]);
  expect(termsHash(other.terms)).toBe(termsHash(parseSample().terms));
});

test.each([
  ["an unknown key", (json: string) => json.replace('"venue":', '"extra":1,"venue":')],
  ["a missing limit", (json: string) => json.replace(/"max_daily_loss_usd":"[^"]*",/, "")],
  ["a number for an amount", (json: string) => json.replace('"max_daily_loss_usd":"60"', '"max_daily_loss_usd":60')],
  ["an amount in another form", (json: string) => json.replace('"max_daily_loss_usd":"60"', '"max_daily_loss_usd":"60.0"')],
  [
    "an address with capitals",
    (json: string) => json.replace("0x00000000000000000000000000000000000aaaaa", "0x00000000000000000000000000000000000AAAAA"),
  ],
])("stored terms with %s are refused", (_name, change) => {
  const json = canonicalJson(parseSample().terms);
  expect(change(json)).not.toBe(json);
  expect(() => termsFromJson(JSON.parse(change(json)))).toThrow(TermsNotValidError);
});
