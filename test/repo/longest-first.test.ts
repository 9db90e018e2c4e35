import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { LONGEST } from "../support/longest-first.ts";
import { ROOT } from "./source-text.ts";

test("what a run of all tests begins with is there", () => {
  const files = globSync("test/**/*.test.ts", { cwd: ROOT }).map((file) => `/${file}`);
  const first = LONGEST.map((one) => files.filter((file) => one.test(file)));
  // One for each worker: what the longest leave is divided between them.
  expect(first.map((found) => found.length)).toEqual([2]);
});
