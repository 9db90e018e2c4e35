import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startScriptedModel } from "../../src/llm/scripted/start-scripted-model.ts";
import { jsonOf, runCli } from "./support/run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-deciding-"));
afterAll(() => rmSync(folder, { recursive: true }));

const READY = {
  word: "ready",
  shares: [
    { asset: "A", weight: "0.25" },
    { asset: "B", weight: "0.75" },
  ],
  nothing: null,
};

test("mandate prompt prints the whole prompt with its tokens, and a wrong variable of a template with its line", async () => {
  const dir = join(folder, "prompt");
  await runCli(["init", dir]);
  const file = join(dir, "MANDATE.md");
  const { code, document } = await jsonOf(["prompt", file]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    system: expect.stringContaining("Hold half in WETH and half in USDC"),
    prompt: expect.stringContaining('"portfolio_value_usd": "1500.00"'),
    tokens: { estimate: "bytes / 4", total: expect.any(Number) },
  });
  writeFileSync(join(dir, "mine.md"), "{{prose}}\n{{limts}}\n<!-- now -->\n{{observation}}\n");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("decider: structured", "decider: structured\nprompt: { template: ./mine.md }"));
  const wrong = await jsonOf(["check", file]);
  expect(wrong.code).toBe(2);
  expect(wrong.document.error).toMatchObject({
    code: "PROMPT_FILE",
    details: { problems: [{ line: 2, column: 1, remedy: "did you mean limits?" }] },
  });
});

test("mandate strategies lists a dozen, shows one whole, and checks a folder with lines", async () => {
  const { document } = await jsonOf(["strategies", "list"]);
  expect(document.strategies).toHaveLength(12);
  expect((await jsonOf(["strategies", "show", "funding-harvest"])).document).toMatchObject({
    strategy: { id: "funding-harvest", max_position_pct: "50", body: expect.stringContaining("perp") },
  });
  writeFileSync(join(folder, "wrong.md"), "---\nid: wrong\n---\nWords.\n");
  const checked = await jsonOf(["strategies", "check", folder]);
  expect(checked.code).toBe(2);
  expect(checked.document.error).toMatchObject({ code: "STRATEGY_FILE" });
});

test("mandate model check says of a model what works, and ends with 1 when nothing does", async () => {
  const model = await startScriptedModel({ rule: () => ({ kind: "answer", value: READY }) });
  const env = { AGENT_LLM_BASE_URL: model.url, AGENT_LLM_MODEL: "scripted-1", AGENT_LLM_API_KEY: "k" };
  try {
    const { code, document } = await jsonOf(["model", "check"], { env });
    expect(code).toBe(0);
    expect(document).toMatchObject({
      works: true,
      price_note: expect.stringContaining("nobody knows the price"),
      checks: [
        { check: "typed-answer", ok: true },
        { check: "tool-call", ok: true },
        { check: "json-text", ok: true },
      ],
    });
  } finally {
    await model.stop();
  }
  const refusing = await startScriptedModel({ rule: () => ({ kind: "http", status: 401 }) });
  try {
    const { code, document } = await jsonOf(["model", "check"], { env: { ...env, AGENT_LLM_BASE_URL: refusing.url } });
    expect(code).toBe(1);
    expect(document).toMatchObject({ works: false, checks: [{ code: "MODEL_KEY_REFUSED" }] });
  } finally {
    await refusing.stop();
  }
});

test("mandate model costs sums what a rehearsal's calls have cost", async () => {
  const dir = join(folder, "costs");
  await runCli(["init", dir]);
  const file = join(dir, "MANDATE.md");
  await runCli(["rehearse", file, "--cycles", "1"]);
  const { code, document } = await jsonOf(["model", "costs", file]);
  expect(code).toBe(0);
  expect(document).toMatchObject({ calls: 1, decisions: 1, reserved_calls: 0, days: [{ name: "2026-01-05", calls: 1 }] });
  expect(document.usd_per_call).toBe(document.usd);
});

test("the first prompt of a model with tools is shown, and a captured answer is said to be no way to try it", async () => {
  const file = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-loop", "MANDATE.md");
  const { code, document } = await jsonOf(["prompt", file]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    system: expect.stringContaining("call `end_cycle`"),
    prompt: expect.stringContaining("A cycle begins, because: first decision."),
  });
  const tried = await jsonOf(["decide", file, "--answer", file]);
  expect(tried.code).toBe(2);
  expect(tried.document.error).toMatchObject({ code: "USAGE", remedy: expect.stringContaining("--mock SCRIPT.json") });
});

test("an answer is tried on a mandate at an exchange, up to the gateway's verdict", async () => {
  const portfolio = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");
  const answer = join(folder, "weights.json");
  const tried = async (btc: string, cash: string) => {
    const targets = [
      { account: "wallet", asset: "BTC:perp", weight: btc },
      { account: "wallet", asset: "USDC", weight: cash },
    ];
    writeFileSync(answer, JSON.stringify({ decision: "targets", why: "try", targets, intents: null }));
    return jsonOf(["decide", portfolio, "--answer", answer]);
  };
  const passes = await tried("0.2", "0.8");
  expect(passes).toMatchObject({ code: 0, document: { result: "passes" } });
  expect(JSON.stringify(passes.document)).toContain('"market":"hl/BTC:perp","side":"buy"');
  const percent = await tried("20", "80");
  expect(percent).toMatchObject({ code: 1, document: { result: "unreadable" } });
});
