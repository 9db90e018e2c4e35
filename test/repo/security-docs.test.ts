import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./source-text.ts";

/** The rows of each table of docs/security.md, by the heading that it stands under. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const [, section = ""] = readFileSync(join(ROOT, "docs", "security.md"), "utf8").split(`## ${heading}\n`);
  const [text = ""] = section.split("\n## ");
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(2).map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()));
}

function testsIn(cell = ""): readonly string[] {
  return [...cell.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = ""]) => path);
}

const HOLES = Array.from({ length: 21 }, (_, i) => `W${i + 1}`);
const CASES = ["S01", "S02", "S05", "S07", "S08", "S11", "S12", "S13"];

test("each hole that is known elsewhere and each stricter case has one row, in order", () => {
  expect(rowsUnder("Holes that are known elsewhere").map(([id]) => id)).toEqual([...HOLES, ...CASES]);
});

test("each of the ten scenarios has a row, and its test bears its number", () => {
  const rows = rowsUnder("Ten scenarios");
  expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 10 }, (_, i) => String(i + 1)));
  for (const [id = "", , tests] of rows) {
    expect(testsIn(tests)).toEqual([expect.stringContaining(`scenario-${id.padStart(2, "0")}-`)]);
  }
});

test.each(["What stops what", "Holes that are known elsewhere", "Ten scenarios"])(
  "every row under %j says what stops it and names a test that is there",
  (heading) => {
    const rows = rowsUnder(heading);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.every((cell) => cell.length > 0)).toBe(true);
      const tests = testsIn(row.at(-1));
      expect(tests, row[0]).not.toEqual([]);
      for (const path of tests) expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
  },
);
