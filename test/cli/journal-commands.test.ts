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
  }
});

test("a target that is nothing is a usage error", async () => {
  const { code, document } = await jsonOf(["verify", join(made.folder, "NO.md")]);
  expect(code).toBe(2);
  expect(document).toMatchObject({ error: { code: "USAGE" } });
});

test("log --follow tells what stands as NDJSON, goes on, and ends well when it is interrupted", async () => {
  await using running = startCli(["log", made.file, "--run", "1", "--follow", "--json"]);
  const { entries } = await log(made.file, "--run", "1");
  for (const { seq } of entries) expect(JSON.parse(await running.line())).toMatchObject({ schema_version: 1, seq });
  expect(await running.interrupt()).toBe(0);
});

test("verify recomputes chain, budgets and verdicts and says that all holds", async () => {
  const { code, document } = await jsonOf(["verify", made.file, "--run", "1"]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    ok: true,
    mirror: "agrees",
    first_bad: null,
    projections: [
      { cycles: 2, requests: { confirmed: 1, open: 0 }, refusals: 1, verdicts: { judged_again: 2, without_facts: 0 } },
    ],
  });
});

test("verify names the entry in which a byte was changed, and fails", async () => {
  const home = copyAs(2);
  const db = new Database(join(home, "journal.sqlite"));
  db.exec("DROP TRIGGER IF EXISTS entries_no_update");
  for (const { name } of db.prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'").all())
    db.exec(`DROP TRIGGER "${name}"`);
  db.exec("UPDATE entries SET body = replace(body, '\"cycle\":1', '\"cycle\":9') WHERE seq = 2");
  db.close();
  const { code, document } = await jsonOf(["verify", home]);
  expect(code).toBe(1);
  expect(document).toMatchObject({ ok: false, first_bad: { seq: 2 } });
  const text = await runCli(["verify", home, "--no-json"]);
  expect(text.code).toBe(1);
  expect(text.stdout).toMatch(/BAD {2}wallet:0x[0-9a-f]{40} entry 2: /);
});

test("verify sees by the mirror that the end was cut off", async () => {
  const home = copyAs(3);
  const mirror = join(home, "mirror", "heads");
  writeFileSync(mirror, readFileSync(mirror, "utf8").replace(/(\d+) ("wallet:[^"]+") [0-9a-f]{64}$/, `99 $2 ${"a".repeat(64)}`));
  const { code, document } = await jsonOf(["verify", home]);
  expect(code).toBe(1);
  expect(document).toMatchObject({ ok: false, mirror: "disagrees" });
});

test("limits says what is left of each budget and when it refills, at the world's own time", async () => {
  const { code, document } = await jsonOf(["limits", made.file, "--run", "1"]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    mandate: "under-test",
    as_of: expect.stringMatching(/^2026-01-05T00:00:/),
    stopped: null,
    open_requests: 0,
  });
  const rows = document.limits as readonly Record<string, unknown>[];
  expect(rows.find(({ limit }) => limit === "max_daily_loss_usd")).toEqual({
    limit: "max_daily_loss_usd",
    unit: "USD",
    most: "60",
    used: "0",
    left: "60",
    refills: null,
  });
  const model = rows.find(({ limit }) => limit === "max_llm_usd_per_day");
  expect(model).toMatchObject({ used: "0.0041", left: "0.9959", refills: expect.stringMatching(/^2026-01-06T/) });
});

test("limits as text is a table with a heading", async () => {
  const { stdout } = await runCli(["limits", made.file, "--run", "1", "--no-json"]);
  expect(stdout).toMatch(/^under-test {3}rehearsal · as of 2026-01-05/);
  expect(stdout).toMatch(/max_daily_loss_usd +\$60 +\$60 +\$0\n/);
});

test("report tells value beside holding, and gas and model cost on lines of their own", async () => {
  const { code, stdout } = await runCli(["report", made.file, "--run", "1", "--no-json"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^2026-01-05T00:00 to 2026-01-05T\d\d:\d\d UTC · 2 cycles\n\nvalue +\$[\d,.]+ → \$[\d,.]+ \([+-][\d.]+ %\)\n/,
  );
  expect(stdout).toMatch(/\nholding +\$[\d,.]+: the agent is [^\n]+\n/);
  expect(stdout).toMatch(/\nfees +none apart: on chains they are part of the price\n/);
  expect(stdout).toMatch(/\ngas +\$[\d.]+\nmodel +\$0\.\d{4} in \d+ calls\nrequests +1 confirmed · 1 refused\n$/);
  const { document } = await jsonOf(["report", made.file, "--run", "1"]);
  expect(document).toMatchObject({ run: 1, cycles: 2, fees_usd: null, requests: { confirmed: 1, refused: 1, open: 0 } });
  expect(Number(document.gas_usd)).toBeGreaterThan(0);
});

test("plan tells what was decided and planned last, and why it was not done", async () => {
  const { code, stdout } = await runCli(["plan", made.file, "--run", "1", "--no-json"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^cycle 2 · 2026-01-05T[\d:]+ UTC\n\ndecided +intents {2}"pay" +cycle 2, by the \w+: /);
  expect(stdout).toMatch(/\nrefused +RECIPIENT_NOT_ALLOWED {2}0x[0-9a-f…]+ may not be paid\n +DAILY_LOSS {2}/);
  for (const character of ["\u001b", "\u202e"]) expect(stdout).not.toContain(character);
  const { document } = await jsonOf(["plan", made.file, "--run", "1"]);
  expect(document).toMatchObject({ run: 1, cycle: 2, refused: [{ code: "RECIPIENT_NOT_ALLOWED" }, { code: "DAILY_LOSS" }] });
});

test.each(["plan", "report"])("%s of a mandate that never ran says how to run it", async (command) => {
  const elsewhere = join(made.folder, "never-ran");
  mkdirSync(elsewhere, { recursive: true });
  cpSync(made.file, join(elsewhere, "MANDATE.md"));
  const { document } = await jsonOf([command, join(elsewhere, "MANDATE.md")]);
  expect(document.error).toMatchObject({ code: "NO_JOURNAL", remedy: expect.stringContaining("mandate rehearse") });
});
