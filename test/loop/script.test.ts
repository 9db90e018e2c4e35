import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseModelScript } from "../../src/llm/scripted/parse-model-script.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";

const ROOT = join(import.meta.dirname, "..", "..");

test("a model with tools that stumbles in every way a script can say still makes its one trade", async () => {
  const home = mkdtempSync(join(tmpdir(), "mandate-script-"));
  const look = { name: "get_portfolio", arguments: {} };
  const turns = [
    { kind: "http", status: 429, retryAfter: 1 },
    { kind: "tools", calls: [look, look] },
    { kind: "tools", calls: [{ name: "swap_tokens", arguments: '{"token_in":"WETH","amount":"0.3' }] },
    { kind: "prose", text: "I would rather talk about it." },
    { kind: "http", status: 503 },
    { kind: "drop", text: "Let me" },
  ];
  try {
    const said: string[] = [];
    const report = await rehearse({
      file: join(ROOT, "mandates", "weth-usdc-code", "MANDATE.md"),
      ...{ decider: "loop", shell: false, home, seed: 1, cycles: 1, version: "0.1.0" },
      mock: parseModelScript({ rules: [{ do: turns }] }),
      on: (event) => {
        if (event.kind === "step")
          said.push(event.step.kind === "says" ? event.step.text : `${event.step.kind} ${event.step.tool}`);
      },
    });
    expect(report).toMatchObject({ refusals: [], journal_verified: true, decisions: [{ kind: "acted", code: null }] });
    expect(report.trades).toHaveLength(1);
    expect(said.filter((step) => step === "calls swap_tokens")).toHaveLength(1);
    expect(said.filter((step) => step === "calls get_portfolio").length).toBeGreaterThanOrEqual(3);
    expect(said).toContain("I would rather talk about it.");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("the script that docs/mock-model.md shows is one", () => {
  const docs = readFileSync(join(ROOT, "docs", "mock-model.md"), "utf8");
  const shown = /```json\n([\s\S]*?)```/.exec(docs)?.[1] ?? "";
  expect(parseModelScript(shown).rules).toHaveLength(3);
  const kinds = [...docs.matchAll(/^\| `\{ "kind": "(\w+)"/gm)].map(([, kind]) => kind);
  const schema = readFileSync(join(ROOT, "src", "llm", "scripted", "script-schema.ts"), "utf8");
  expect(kinds.toSorted()).toEqual([...schema.matchAll(/kind: z\.literal\("(\w+)"\)/g)].map(([, kind]) => kind).toSorted());
});
