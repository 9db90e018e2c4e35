import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { jsonOf, runCli } from "./support/run-cli.ts";

const BALANCED = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
const folder = mkdtempSync(join(tmpdir(), "mandate-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

function variant(name: string, from: string | RegExp, to: string): string {
  const file = join(folder, name);
  const text = readFileSync(BALANCED, "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  return file;
}

test("check prints the worst case in words and ends with ok", async () => {
  const { code, stdout } = await runCli(["check", BALANCED, "--no-json"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/worst case +if the model were fully hostile/);
  expect(stdout).toMatch(/\nok\n$/);
});

test("check --json has exact figures as text, and the terms' hash", async () => {
  const { code, document } = await jsonOf(["check", BALANCED]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    schema_version: 1,
    id: "weth-usdc-balanced",
    network: "rehearsal",
    rehearsal: true,
    worst_case: { per_day: { total_usd: expect.stringMatching(/^\d+(\.\d+)?$/) } },
    terms_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test("--network reads it for another network, and refuses one that it has not", async () => {
  expect((await jsonOf(["check", BALANCED, "--network", "base-fork"])).document).toMatchObject({ network: "base-fork" });
  const { code, document } = await jsonOf(["check", BALANCED, "--network", "mainnet"]);
  expect(code).toBe(2);
  expect(document).toMatchObject({ error: { code: "MANDATE_FILE", details: { problems: [{ code: "UNKNOWN_NETWORK" }] } } });
});

test("a misspelt limit is refused with its line, carets and a guess, once", async () => {
  const file = variant("misspelt.md", "max_daily_loss_usd", "max_daily_los_usd");
  const { code, stdout, stderr } = await runCli(["check", file, "--no-json"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("^^^");
  expect(stderr.match(/did you mean max_daily_loss_usd/g)).toHaveLength(1);
  const { document } = await jsonOf(["check", file]);
  const problems = [{ code: "UNKNOWN_KEY", line: expect.any(Number), path: "limits.max_daily_los_usd" }];
  expect(document).toMatchObject({ error: { code: "MANDATE_FILE", details: { problems } } });
});

test("a file that is not there is a usage error", async () => {
  const { code, stderr } = await runCli(["check", join(folder, "none.md"), "--no-json"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: .*none\.md cannot be read/);
});

test("a file cannot write to the reader's terminal", async () => {
  const file = variant("hostile.md", "max_daily_loss_usd", '"max\\u001b[2Jdaily\u202e"');
  const { code, stderr } = await runCli(["check", file, "--no-json"]);
  expect(code).toBe(2);
  for (const character of ["\u001b", "\u202e"]) expect(stderr).not.toContain(character);
});
