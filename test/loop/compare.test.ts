import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Compared, compared, comparisonTable, DECIDERS, MANDATES } from "./support/compare-deciders.ts";

let rows: readonly Compared[] = [];
beforeAll(async () => {
  rows = await compared();
}, 300_000);

const by = (mandate: string) => rows.filter((row) => row.mandate === mandate);

test("the three mandates run with each of the three deciders, and every journal verifies", () => {
  expect(rows.map(({ mandate, decider }) => `${mandate} ${decider}`)).toEqual(
    MANDATES.flatMap((mandate) => DECIDERS.map((decider) => `${mandate} ${decider}`)),
  );
  expect(rows.filter(({ report }) => !report.journal_verified)).toEqual([]);
});

test.each(MANDATES)("%s ends in the same place whoever decides, within what a later trade costs", (mandate) => {
  const values = by(mandate).map(({ report }) => report.value_after_usd.toNumber());
  expect(Math.max(...values) - Math.min(...values)).toBeLessThan(5);
  expect(new Set(by(mandate).map(({ report }) => report.trades.length)).size).toBe(1);
});

test("code asks no model; tools ask more often than one answer does, and are told what is refused", () => {
  for (const mandate of MANDATES) {
    const [structured, loop, code] = by(mandate).map(({ report }) => report);
    expect([code?.model_calls, code?.model_cost_usd.toFixed()]).toEqual([0, "0"]);
    expect(loop?.model_calls).toBeGreaterThan(structured?.model_calls ?? 0);
  }
  const refusals = rows.flatMap(({ decider, report }) => report.refusals.map(({ codes }) => `${decider} ${codes.join()}`));
  expect([...new Set(refusals)]).toEqual(["loop TRADE_TOO_LARGE"]);
});

test("docs/deciders.md has the comparison as it came out", () => {
  const docs = readFileSync(join(import.meta.dirname, "..", "..", "docs", "deciders.md"), "utf8");
  // Else: node scripts/launch.mjs --tool node test/loop/write-comparison.ts
  expect(docs).toContain(comparisonTable(rows));
});
