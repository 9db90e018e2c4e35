import { expect, test } from "vitest";
import { Faults } from "./faults.ts";

test("what was scripted happens in order, each at its own site", () => {
  const faults = new Faults();
  faults.script("action", "none");
  faults.script("action", "drop_answer");
  faults.script("info", "http_429");
  expect(faults.strike("message")).toBeNull();
  expect(faults.strike("info")).toBe("http_429");
  expect(faults.strike("action")).toBeNull();
  expect(faults.strike("action")).toBe("drop_answer");
  expect(faults.strike("action")).toBeNull();
});

test("chance comes from the seed", () => {
  const run = (seed: string) => {
    const faults = new Faults({ seed, rates: { cut_answer: 0.2, http_5xx: 0.1 } });
    return Array.from({ length: 200 }, () => faults.strike("action"));
  };
  expect(run("a")).toEqual(run("a"));
  expect(run("a")).not.toEqual(run("b"));
  const struck = run("a").filter((fault) => fault === "cut_answer").length;
  expect(struck).toBeGreaterThan(20);
  expect(struck).toBeLessThan(60);
});

test("while the data are frozen every question is answered as before", () => {
  const faults = new Faults();
  faults.freeze(true);
  expect([faults.strike("info"), faults.strike("info"), faults.strike("action")]).toEqual(["stale", "stale", null]);
  faults.freeze(false);
  expect(faults.strike("info")).toBeNull();
});
