import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { examineAccounts } from "../../src/cli/doctor/examine-accounts.ts";
import { examineFiles } from "../../src/cli/doctor/examine-files.ts";
import { examineOperator, examineSandbox } from "../../src/cli/doctor/examine-machine.ts";
import { examineMemory } from "../../src/cli/doctor/examine-memory.ts";
import { findPrograms } from "../../src/tools/sandbox/find-programs.ts";
import { startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { jsonOf, runCli } from "./support/run-cli.ts";

/** A shipped mandate for an exchange. */
const EXCHANGE = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");

const folder = mkdtempSync(join(tmpdir(), "mandate-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "key.json");
writeFileSync(file, "{}");

interface Check {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly remedy: string | null;
}

async function doctor(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { code, document } = await jsonOf(["doctor", ...args], { env });
  const checks = document.checks as readonly Check[];
  return { code, document, check: (name: string) => checks.find((found) => found.name === name) };
}

test("doctor finds everything that a rehearsal needs, and exits 0", async () => {
  const { code, document, check } = await doctor({ MANDATE_CACHE: join(folder, "cache") }, "--mandate", EXCHANGE);
  expect(code).toBe(0);
  expect(check("account at hl")).toMatchObject({ status: "ok", detail: expect.stringContaining("a world's exchange") });
  expect(document).toMatchObject({ schema_version: 1, ok: true });
  for (const name of ["node", "anvil", "better-sqlite3", "cache", "disk"]) expect(check(name)?.status, name).not.toBe("missing");
  expect(check("cache")?.detail).toContain("empty");
});

test("before going live at an exchange doctor says in what mode the account is, and what to do where it is not judged", async () => {
  await using paper = await startPaperExchange();
  const [account] = paper.accounts;
  if (!account) throw new Error("no account");
  const own = join(folder, "MANDATE.md");
  const text = readFileSync(EXCHANGE, "utf8").replaceAll('# wallet: "0x…"', `wallet: "${account.address}"`);
  writeFileSync(own, text.replace("https://api.hyperliquid-testnet.xyz", paper.http));
  const found = async () => (await examineAccounts(own, "testnet"))[0];
  expect(await found()).toMatchObject({ name: "account at hl", status: "ok", detail: expect.stringContaining("standard") });
  paper.exchange.setMode(account.address, "unifiedAccount");
  expect(await found()).toMatchObject({
    status: "missing",
    detail: expect.stringContaining("the account is a unified account"),
    remedy: expect.stringContaining("set the account to Standard"),
  });
  await paper.stop();
  expect(await found()).toMatchObject({ status: "missing", detail: expect.stringContaining("did not answer") });
});

test("a cache that cannot be written is missing, with the line that mends it, and exits 1", async () => {
  const { code, document, check } = await doctor({ MANDATE_CACHE: join(file, "below-a-file") });
  expect(code).toBe(1);
  expect(document.ok).toBe(false);
  expect(check("cache")).toMatchObject({ status: "missing", remedy: expect.stringContaining("MANDATE_CACHE") });
});

test("model keys are told by name and never by value", async () => {
  const secret = "sk-very-secret-value";
  const { code, stdout, stderr } = await runCli(["doctor", "--verbose"], {
    env: { GROQ_API_KEY: secret, MANDATE_CACHE: folder },
  });
  expect(code).toBe(0);
  expect(stdout).toContain("GROQ_API_KEY");
  expect(stdout + stderr).not.toContain(secret);
});

test("doctor says whether an agent's commands can run, and the line that installs what is missing", async () => {
  expect((await doctor({ MANDATE_CACHE: folder })).check("sandbox")).toMatchObject({ status: "ok", remedy: null });
  for (const platform of ["linux", "darwin"]) {
    const { status, detail, remedy } = examineSandbox(() => findPrograms(platform, folder));
    expect([status, detail]).toEqual(["warn", expect.stringContaining("commands would be refused")]);
    const install = "apt-get install -y bubblewrap socat jq sqlite3 curl util-linux bash";
    expect(remedy).toContain(platform === "linux" ? install : "--no-shell");
  }
});

test("without a key of its own, doctor says when the claim would not hold", async () => {
  const { check } = await doctor({ MANDATE_CACHE: folder });
  expect(check("gateway apart")).toMatchObject({ status: "warn", detail: expect.stringContaining("the claim does not hold") });
});

test("a real key that the agent's user can read fails", async () => {
  const { code, check } = await doctor({ MANDATE_CACHE: folder }, "--keystore", file);
  expect(code).toBe(1);
  expect(check("gateway apart")).toMatchObject({ status: "missing", detail: expect.stringContaining("can read") });
});

test("an operator's key that the agent's user can read fails too, and one that is not named is told of before going live", async () => {
  const where = { MANDATE_CACHE: folder };
  expect((await doctor(where)).check("operator apart")).toBeUndefined();
  expect((await doctor(where, "--keystore", file)).check("operator apart")).toMatchObject({
    status: "warn",
    remedy: expect.stringContaining("--operator-key"),
  });
  const { code, check } = await doctor(where, "--operator-key", file);
  expect([code, check("operator apart")?.status]).toEqual([1, "missing"]);
  expect(check("operator apart")?.detail).toContain("can read");
  expect(examineOperator(join(folder, "none.key"))).toMatchObject({
    status: "missing",
    detail: expect.stringContaining("not there"),
  });
});

test("a keystore that is not there is no proof of anything", async () => {
  const { code, check } = await doctor({ MANDATE_CACHE: folder }, "--keystore", join(folder, "none.json"));
  expect(code).toBe(1);
  expect(check("gateway apart")).toMatchObject({ status: "missing", detail: expect.stringContaining("not there") });
});

test("doctor as text has a line a check and ends with a verdict", async () => {
  const { stdout } = await runCli(["doctor", "--no-json"], { env: { MANDATE_CACHE: folder } });
  expect(stdout).toMatch(/^ok {7}node +24\./);
  expect(stdout).toMatch(/\nready\n$/);
});

test("doctor says whether a process of the same user may read the gateway's memory, and what to do", async () => {
  expect((await doctor({ MANDATE_CACHE: folder })).check("key in memory")).toMatchObject({ detail: expect.any(String) });
  const scope = join(folder, "ptrace_scope");
  const told = (value: string) => {
    writeFileSync(scope, `${value}\n`);
    return examineMemory(scope, "linux");
  };
  for (const value of ["1", "2", "3"]) expect(told(value)).toMatchObject({ status: "ok", remedy: null });
  const open = [told("0"), examineMemory(join(folder, "none"), "linux"), examineMemory(scope, "darwin")];
  for (const finding of open) {
    expect(finding).toMatchObject({ status: "warn", remedy: expect.stringContaining("a user of its own") });
  }
});

test("doctor says how many connections of agents a low limit of open files leaves, and how to raise it", () => {
  expect([null, 1_024, 20_000].map((limit) => examineFiles(limit).status)).toEqual(["ok", "ok", "ok"]);
  const low = examineFiles(256);
  expect(low).toMatchObject({
    status: "warn",
    detail: expect.stringContaining("128 connections"),
    remedy: expect.stringContaining("LimitNOFILE"),
  });
});
