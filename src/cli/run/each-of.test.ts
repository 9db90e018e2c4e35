import { expect, test } from "vitest";
import { eachOf } from "./each-of.ts";

test("an option is given once for each mandate, in their order, or not at all", () => {
  expect(eachOf("--keystore", ["a", "b"], 2)).toEqual(["a", "b"]);
  expect(eachOf("--keystore", undefined, 2)).toEqual([undefined, undefined]);
  expect(eachOf("--keystore", ["a"], 1)).toEqual(["a"]);
});

test("one value serves all mandates only where it may be shared, and any other number is refused", () => {
  expect(eachOf("--password-file", ["pw"], 3, { shared: true })).toEqual(["pw", "pw", "pw"]);
  expect(() => eachOf("--keystore", ["a"], 2)).toThrow("--keystore is given 1 times for 2 mandates");
  expect(() => eachOf("--password-file", ["a", "b"], 3, { shared: true })).toThrow("2 times for 3 mandates");
  expect(() => eachOf("--keystore", ["a", "b"], 1)).toThrow("2 times for 1 mandates");
});
