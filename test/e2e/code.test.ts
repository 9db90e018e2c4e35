import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { sha256 } from "../../src/core/json.ts";
import type { NotedBody } from "../../src/journal/entries.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { livingChildren } from "./support/children.ts";
import { scratch } from "./support/scratch.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const SHIPPED = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-code");

/** The shipped mandate in a folder of the test's, with a strategy of the test's where one is given. */
function copied(folder: string, strategy?: string): string {
  const copy = join(folder, "mandate");
  cpSync(SHIPPED, copy, { recursive: true });
  if (strategy !== undefined) writeFileSync(join(copy, "strategy.ts"), strategy);
  return join(copy, "MANDATE.md");
}

const run = (file: string, folder: string, cycles: number) =>
  rehearse({ file, home: join(folder, "home"), seed: 3, cycles, version: "0.1.0" });

async function codeAnswers(home: string): Promise<readonly Record<string, unknown>[]> {
  const reader = await openJournalReader(join(home, "journal.sqlite"));
  try {
    const notes: Record<string, unknown>[] = [];
    for await (const { kind, body } of reader.read(`wallet:${REHEARSAL_WALLET}`)) {
      if (kind === "noted") notes.push((body as unknown as NotedBody).note as Record<string, unknown>);
    }
    return notes.filter((note) => note.kind === "code-answer");
  } finally {
    await reader.close();
  }
}

test("the shipped strategy in code trades to half and half without a model, and leaves its hash with each answer", async () => {
  using place = scratch();
  const report = await run(join(SHIPPED, "MANDATE.md"), place.folder, 4);
  expect(report).toMatchObject({ refusals: [], journal_verified: true, model_calls: 0, scripted_model: false });
  expect(report.model_cost_usd.isZero()).toBe(true);
  expect(report.trades).toHaveLength(1);
  expect(report.decisions[0]).toMatchObject({ kind: "intents", code: null });
  expect(report.decisions[0]?.why).toContain("half is wanted");
  const notes = await codeAnswers(report.home);
  const hash = sha256(readFileSync(join(SHIPPED, "strategy.ts")));
  expect(notes[0]).toMatchObject({ module: "./strategy.ts", hash, answer: { kind: "intents" } });

  using elsewhere = scratch();
  const again = await run(copied(elsewhere.folder), elsewhere.folder, 4);
  expect(again.journal_head).toBe(report.journal_head);
});

test("code is held to the mandate like a model: money for a stranger is refused by the gateway", async () => {
  using place = scratch();
  const thief = `export const decide = () => [
    { kind: "TRANSFER", asset: "base/USDC", to: "0x${"66".repeat(20)}", amount: "all" }];`;
  const report = await run(copied(place.folder, thief), place.folder, 1);
  expect(report.trades).toEqual([]);
  expect(report.refusals[0]?.codes).toContain("RECIPIENT_NOT_ALLOWED");
  expect(report.value_after_usd.gt(1_400)).toBe(true);
});

test("code that throws holds with its reason, without the folder it lies in, and the agent goes on", async () => {
  using place = scratch();
  const broken = `export const decide = () => { throw new TypeError("no " + import.meta.dirname + " today"); };`;
  const report = await run(copied(place.folder, broken), place.folder, 2);
  expect(report).toMatchObject({ cycles: 2, trades: [], journal_verified: true });
  expect(report.decisions[0]).toMatchObject({ kind: "hold", code: "CODE_FAILED", why: "./strategy.ts: no . today" });
});

test("a module without decide is said before anything is decided, and nothing stays running", async () => {
  using place = scratch();
  const file = copied(place.folder, "export const strategy = 1;");
  await expect(run(file, place.folder, 1)).rejects.toMatchObject({ code: "CODE_NO_DECIDE" });
});
