import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { HomeError, homeOf, nextRehearsal, stateFolder } from "./home.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-home-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("state is where --home says, else MANDATE_HOME, else beside the mandate", () => {
  const file = join(folder, "MANDATE.md");
  expect(stateFolder({ file, home: "/a", env: { MANDATE_HOME: "/b" } })).toBe("/a");
  expect(stateFolder({ file, env: { MANDATE_HOME: "/b" } })).toBe("/b");
  expect(stateFolder({ file, env: { MANDATE_HOME: "" } })).toBe(join(folder, ".mandate"));
});

test("a journal lives under its network and id", () => {
  expect(homeOf({ file: "/x/MANDATE.md", id: "mine", network: "base", env: {} })).toBe("/x/.mandate/base/mine");
});

test("rehearsals count up, and a number is given once", () => {
  const where = { file: join(folder, "MANDATE.md"), id: "mine", env: {} };
  const runs = [1, 2, 3].map(() => nextRehearsal(where));
  expect(runs.map(({ run }) => run)).toEqual([1, 2, 3]);
  expect(runs[2]?.home).toBe(join(folder, ".mandate", "rehearsals", "mine", "3"));
});

test("a folder that cannot be made is said so", () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  expect(() => nextRehearsal({ file, id: "mine", home: file, env: {} })).toThrow(HomeError);
});
