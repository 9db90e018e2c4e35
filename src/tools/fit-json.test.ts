import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../core/json.ts";
import { fitJson } from "./fit-json.ts";

const size = (value: Json) => Buffer.byteLength(JSON.stringify(value), "utf8");

test("whatever is cut is JSON and fits, and what fits is not touched", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 200, max: 5_000 }), (value, most) => {
      const json = JSON.parse(JSON.stringify(value)) as Json;
      const fitted = fitJson(json, most);
      expect(size(fitted)).toBeLessThanOrEqual(most);
      if (size(json) <= most) expect(fitted).toBe(json);
    }),
    { numRuns: 200 },
  );
});

test("an envelope keeps its own keys when what is in it is cut, and a text keeps its beginning and its end", () => {
  const stdout = `first line\n${"é🙂x".repeat(20_000)}\nlast line`;
  const result = {
    status: "success",
    tool: "bash",
    data: { exit: 0, stdout, rows: Array.from({ length: 500 }, (_, n) => ({ n })) },
  };
  const fitted = fitJson(result, 4_096) as typeof result;
  expect(size(fitted)).toBeLessThanOrEqual(4_096);
  expect(fitted).toMatchObject({ status: "success", tool: "bash", data: { exit: 0 } });
  expect(fitted.data.stdout).toMatch(/^first line[\s\S]*characters left out[\s\S]*last line$/);
  expect(fitted.data.rows.at(-1)).toMatch(/^… \d+ more$/);
});
