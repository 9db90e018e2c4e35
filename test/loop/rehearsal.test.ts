import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { ModelScript } from "../../src/llm/scripted/model-script.ts";
import type { ScriptedToolCall, Turn } from "../../src/llm/scripted/turn.ts";
import { type RehearsalEvent, type RehearsalParameters, rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { livingChildren } from "../e2e/support/children.ts";
import { mandateCopy } from "../e2e/support/mandate-copy.ts";
import { scratch } from "../e2e/support/scratch.ts";
import { notesIn } from "./support/notes.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const MANDATES = join(import.meta.dirname, "..", "..", "mandates");
const LOOP = join(MANDATES, "weth-usdc-loop", "MANDATE.md");

const run = (folder: string, more: Partial<RehearsalParameters> = {}) =>
  rehearse({ file: LOOP, home: join(folder, "home"), seed: 3, cycles: 2, version: "0.1.0", ...more });
const call = (name: string, given: ScriptedToolCall["arguments"] = {}): Turn => ({
  kind: "tools",
  calls: [{ name, arguments: given }],
});
const script = (...turns: readonly Turn[]): ModelScript => ({
  rules: [{ do: [...turns] }],
  otherwise: call("end_cycle", { why: "nothing more" }),
});

test("the shipped loop trades to half and half with typed tools; the same seed writes the same bytes", async () => {
  using one = scratch();
  using two = scratch();
  const first = await run(one.folder);
  const second = await run(two.folder);
  expect(first).toMatchObject({ refusals: [], journal_verified: true, scripted_model: true });
  expect(first.trades).toHaveLength(1);
  expect(first.decisions[0]).toMatchObject({ kind: "acted", code: null });
  expect(first.journal_head).toBe(second.journal_head);
  const kinds = new Set((await notesIn(first.home)).map(({ kind }) => kind));
  for (const kind of ["loop-system", "loop-opened", "model-call", "loop-turn", "tool-call", "loop-result", "loop-ended"])
    expect(kinds).toContain(kind);
});

test("in a dry run what the model does is judged and nothing is signed, whatever it asks for", async () => {
  using place = scratch();
  const swap = call("swap_tokens", { token_in: "WETH", token_out: "USDC", amount: "0.1" });
  const report = await run(place.folder, { dryRun: true, cycles: 1, mock: script(swap) });
  expect(report.trades).toEqual([]);
  const [swapped] = await notesIn(report.home, "tool-call");
  expect(swapped).toMatchObject({ tool: "swap_tokens", status: "simulated" });
});

test("a gateway that dies in the middle of a loop is settled with, and money moves once", async () => {
  using place = scratch();
  const events: RehearsalEvent[] = [];
  const report = await run(place.folder, { crashAt: "after-sign", on: (event) => events.push(event) });
  expect(report).toMatchObject({ crashes_survived: 1, journal_verified: true });
  expect(report.trades).toHaveLength(1);
});

const shell = (folder: string) => mandateCopy(folder, { decider: "loop" });

test("commands act through the same gateway, and what an agent writes down is there in its next cycle", async () => {
  using place = scratch();
  const bash = (command: string) => call("bash", { command });
  const report = await run(place.folder, {
    file: shell(place.folder),
    cycles: 2,
    every: 7 * 3_600_000,
    mock: {
      rules: [
        {
          do: [
            bash('cast balance "$ETH_FROM"'),
            bash('cast send --unlocked --from "$ETH_FROM" 0x000000000000000000000000000000000000dead --value 1wei'),
            bash("sqlite3 notes.sqlite \"insert into notes (kind, text) values ('todo', 'bought nothing')\" && echo kept"),
            call("end_cycle", { why: "first" }),
            bash(
              "sqlite3 notes.sqlite 'select text from notes'; sqlite3 journal.sqlite 'select count(*) from verdicts'; env | grep -ci key",
            ),
          ],
        },
      ],
      otherwise: call("end_cycle", { why: "nothing more" }),
    },
  });
  expect(report).toMatchObject({ trades: [], journal_verified: true });
  expect(report.refusals.length).toBeGreaterThan(0);
  const results = (await notesIn(report.home, "loop-result")).filter(({ tool }) => tool === "bash");
  const said = results.map(({ text }) => JSON.parse(String(text)).result.data);
  expect(said[0]).toMatchObject({ exit: 0, stdout: "1000000000000000000\n" });
  expect(said[1]?.exit).not.toBe(0);
  expect(said[1]?.stderr).toMatch(/RECIPIENT_NOT_ALLOWED|CONTRACT_NOT_ALLOWED|not allowed/i);
  expect(said[2]).toMatchObject({ exit: 0, stdout: "kept\n" });
  expect(said[3]?.stdout).toBe("bought nothing\n1\n0\n");
  expect(existsSync(join(report.home, "workspace", "AGENTS.md"))).toBe(true);
  const [system] = await notesIn(report.home, "loop-system");
  expect(system?.tools).toEqual(expect.arrayContaining(["bash", "swap_tokens", "deposit_vault"]));
  expect(system?.tools, "what only answers that it is unsupported is not offered").not.toContain("bridge_tokens");
});

test("the same loop works on an exchange, with that venue's tools; with --no-shell they are all there is", async () => {
  using place = scratch();
  const file = join(place.folder, "MANDATE.md");
  const text = readFileSync(join(MANDATES, "balanced-growth", "MANDATE.md"), "utf8");
  writeFileSync(file, text.replace(/^decider: .*$/m, "decider: loop"));
  const report = await run(place.folder, {
    file,
    cycles: 1,
    shell: false,
    mock: script(call("get_portfolio"), call("list_positions")),
  });
  expect(report.journal_verified).toBe(true);
  const [system] = await notesIn(report.home, "loop-system");
  expect(system?.tools).toContain("place_order");
  expect(system?.tools).not.toContain("bash");
  const calls = await notesIn(report.home, "tool-call");
  expect(calls.map(({ tool, status }) => [tool, status])).toEqual([
    ["get_portfolio", "success"],
    ["list_positions", "success"],
  ]);
});
