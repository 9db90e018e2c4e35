import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Journaled, journaled } from "./support/journaled.ts";
import { jsonOf, runCli, startCli } from "./support/run-cli.ts";

let made: Journaled;
beforeAll(async () => {
  made = await journaled();
});
afterAll(async () => {
  await made[Symbol.asyncDispose]();
});

interface LogDocument {
  readonly run: number | null;
  readonly entries: readonly {
    readonly seq: number;
    readonly kind: string;
    readonly cycle: number;
    readonly body: Record<string, unknown>;
  }[];
}

async function log(...args: readonly string[]): Promise<LogDocument> {
  const { code, document } = await jsonOf(["log", ...args]);
  expect(code).toBe(0);
  return document as unknown as LogDocument;
}

/** A second rehearsal of the same mandate: a copy that the test may change. */
function copyAs(run: number): string {
  const home = join(made.home, "..", String(run));
  cpSync(made.home, home, { recursive: true });
  return home;
}

test("log tells what was decided, allowed, done and refused, with time and cycle", async () => {
  const { code, stdout, stderr } = await runCli(["log", made.file, "--no-json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^2026-01-05 UTC\n00:00:01 +pinned +terms [0-9a-f]{12} · holds 1 ETH, 0\.4 WETH, 300 USDC\n/);
  expect(stdout).toMatch(/cycle 1 +decide +WETH 50 % {2}"drift beyond the band.*" {2}\$0\.0041\n/);
  expect(stdout).toMatch(/plan +SELL 0\.15 WETH {3}cost \$0\.93\n +allowed +-0\.15 WETH, ≥ 447\.75 USDC · /);
  expect(stdout).toMatch(/done +0x[0-9a-f]{4}…[0-9a-f]{4} .*-0\.15 WETH, \+\d+\.\d+ USDC\n/);
  expect(stdout).toMatch(/cycle 2 +decide +send 100 USDC to 0x0000…ad00 {2}"pay"/);
  expect(stdout).toMatch(/refused +RECIPIENT_NOT_ALLOWED +0x0000…ad00 may not be paid\n[\s\S]* nothing was signed\n$/);
});

test("what a model wrote cannot steer the reader's terminal", async () => {
  const { stdout } = await runCli(["log", made.file, "--all", "--no-json"]);
  for (const character of ["\u001b", "\u202e"]) expect(stdout).not.toContain(character);
});

test("log --json is one document with every entry and its stored facts in place", async () => {
  const { entries, run } = await log(made.file);
  expect(run).toBe(1);
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
  const judged = entries.filter(({ kind }) => kind === "judged");
  expect(judged.map(({ body }) => body.verdict)).toEqual(["allow", "deny"]);
  expect(judged[1]?.body.facts).toMatchObject({
    verdict: { violations: [{ code: "RECIPIENT_NOT_ALLOWED" }, { code: "DAILY_LOSS" }] },
  });
});

test("--cycle and --kind choose entries, and notes by their own kind", async () => {
  expect((await log(made.file, "--cycle", "2")).entries.map(({ kind }) => kind)).toEqual(["opened", "noted", "judged"]);
  expect((await log(made.file, "--kind", "settled")).entries).toHaveLength(1);
  expect((await log(made.file, "--kind", "decided")).entries.map(({ cycle }) => cycle)).toEqual([1, 2]);
  expect((await log(made.file, "--kind", "nothing")).entries).toEqual([]);
});

test("a journal is found by file, folder, id and its own folder", async () => {
  const known = await log(made.file);
  for (const target of [made.folder, made.home, join(made.home, "journal.sqlite")]) {
    expect((await log(target)).entries).toEqual(known.entries);
  }
  const { stdout } = await runCli(["log", "under-test", "--json"], { cwd: made.folder });
  expect((JSON.parse(stdout) as LogDocument).entries).toEqual(known.entries);
});

test("--home and MANDATE_HOME say where state is", async () => {
  const state = join(made.folder, ".mandate");
  const { stdout } = await runCli(["log", "under-test", "--home", state]);
  expect(JSON.parse(stdout)).toMatchObject({ run: 1 });
  const other = await runCli(["log", "under-test"], { env: { MANDATE_HOME: state } });
  expect(JSON.parse(other.stdout)).toMatchObject({ run: 1 });
});

test("a mandate that never ran, a network without a journal and a run that was not are said so", async () => {
  for (const flags of [
    ["--network", "base"],
    ["--run", "99"],
    ["--home", join(made.folder, "elsewhere")],
  ]) {
    const { code, document } = await jsonOf(["log", made.file, ...flags]);
    expect({ flags, code }).toEqual({ flags, code: 1 });
    expect(document).toMatchObject({ error: { code: "NO_JOURNAL", remedy: expect.stringContaining("mandate rehearse") } });
});
