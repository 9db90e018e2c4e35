import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { sha256 } from "../core/json.ts";
import { SCHEMA, SCHEMA_VERSION } from "./sqlite/schema.ts";
import { temporaryJournal } from "./testing/temporary-journal.ts";

const text = readFileSync(new URL("../../docs/journal.md", import.meta.url), "utf8");

function block(name: string): string {
  const [, found] = new RegExp(`\`\`\`${name}\\n([^]*?)\`\`\``).exec(text) ?? [];
  if (found === undefined) expect.unreachable(`no block "${name}" in docs/journal.md`);
  return found.trim();
}

test("the published schema is the schema", () => {
  expect(block("sql schema").split("\n\n")).toEqual(SCHEMA.filter((sql) => sql.startsWith("CREATE TABLE")));
  expect(text).toContain(`\`schema_version\`, now \`${SCHEMA_VERSION}\``);
});

test("the published entry has the published hash, and the published query writes its text from the file", async () => {
  await using files = temporaryJournal();
  const journal = await files.open();
  const entries = [{ kind: "note", body: { text: "hello", amount: "12.5" } }];
  const [entry] = await journal.commit([{ stream: "house", after: 0, entries }], 1_767_571_200_000);
  await journal.close();
  const db = new Database(files.path, { readonly: true });
  const preimage = db.prepare<[], string>(block("sql preimage")).pluck().get();
  db.close();
  expect(preimage).toBe(block("json entry"));
  expect(sha256(preimage ?? "")).toBe(entry?.hash);
  expect(text).toContain(`\`${entry?.hash}\``);
});
