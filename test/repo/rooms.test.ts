import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOMS } from "./import-graph.ts";
import { ROOT } from "./source-text.ts";

const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** The first column of the table under "## Rooms". */
function documented(): readonly string[] {
  const text = readFileSync(join(ROOT, "docs", "architecture.md"), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith("Rooms\n")) ?? "";
  return [...section.matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, room = ""]) => room);
}

test("docs/architecture.md lists the rooms that there are, lowest last", () => {
  expect([...documented()].sort()).toEqual(folders);
  expect(documented()).toEqual(ROOMS.filter((room) => folders.includes(room)).toReversed());
});

test("src/ holds rooms and nothing beside them", () => {
  const loose = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  expect(loose).toEqual([]);
  expect(folders.filter((room) => !(ROOMS as readonly string[]).includes(room))).toEqual([]);
});
