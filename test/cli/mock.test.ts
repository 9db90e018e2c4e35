import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./support/run-cli.ts";

const MANDATE = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mandate-mock-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

test("a rehearsal follows a script, and the shipped model speaks where no rule does", async () => {
  const swap = { kind: "swap", sell: "base/WETH", buy: "base/USDC", amount: "0.05" };
  const value = { decision: "intents", why: "as the script says", targets: null, intents: [swap] };
  const file = script("swap.json", { rules: [{ when: { request: 1 }, do: { kind: "answer", value } }] });
  const home = join(folder, "home");
  const ran = await runCli(["rehearse", MANDATE, "--cycles", "2", "--home", home, "--json", "--mock", file]);
  const { decisions } = JSON.parse(ran.stdout) as { readonly decisions: readonly { readonly why: string }[] };
  expect(decisions.map(({ why }) => why)).toEqual(["as the script says", "drift 20 points is beyond the band of 10"]);
});

test.each([
  ["is not there", () => join(folder, "none.json"), "USAGE"],
  ["is no JSON", () => script("broken.json", "{"), "MODEL_SCRIPT"],
  ["has a turn that is none", () => script("dance.json", { rules: [{ do: { kind: "dance" } }] }), "MODEL_SCRIPT"],
])("a script that %s is refused before anything starts", async (_, file, code) => {
  const ran = await runCli(["rehearse", MANDATE, "--json", "--home", join(folder, "none"), "--mock", file()]);
  expect(ran.code).toBe(2);
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code } });
});

test("--mock that takes the mandate for its script says so, and how it is written", async () => {
  for (const command of ["rehearse", "run"]) {
    const ran = await runCli([command, "--mock", MANDATE, "--json"]);
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: {
        message: expect.stringContaining(`--mock took ${MANDATE} for its script`),
        remedy: expect.stringContaining(`mandate ${command} ${MANDATE} --mock`),
      },
    });
  }
});

test("run and ax follow a script of one's own", async () => {
  const value = { decision: "hold", why: "as the script says", targets: null, intents: null };
  const file = script("hold.json", { rules: [{ do: { kind: "answer", value } }] });
  const portfolio = join(MANDATE, "..", "..", "balanced-growth", "MANDATE.md");
  const home = join(folder, "live");
  const ran = await runCli(["run", portfolio, "--once", "--json", "--home", home, "--mock", file]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stdout).toContain('"why":"as the script says"');
  const calls = [{ tool: "get_balance", arguments: '{"token":"USDC"}' }];
  const call = script("call.json", { rules: [{ do: { kind: "answer", value: { calls } } }] });
  const asked = await runCli(["ax", "-n", "what have I?", "--json", "--home", join(folder, "ax"), "--mock", call]);
  expect(asked.code, asked.stderr).toBe(0);
  expect(JSON.parse(asked.stdout)).toMatchObject({ tool: "get_balance", result: { status: "success" } });
});

test("a script and a real model contradict each other", async () => {
  const ran = await runCli(["rehearse", MANDATE, "--json", "--model", "openai/gpt-4o", "--mock"]);
  expect(ran).toMatchObject({ code: 2 });
});
