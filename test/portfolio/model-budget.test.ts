import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HOUR } from "../../src/core/clock.ts";
import { decimal, sum } from "../../src/core/decimal.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { scratch } from "../e2e/support/scratch.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");

interface Call {
  readonly at: number;
  readonly kind: string;
  readonly model: string;
  readonly cost_usd: string;
  readonly usage: { readonly input: number; readonly output: number };
}

/** A day of the shipped portfolio that asks every hour, with another model and budget; its model calls, and its report. */
async function day(folder: string, model: string, limit: string) {
  const file = join(folder, "MANDATE.md");
  const text = readFileSync(SHIPPED, "utf8")
    .replace(/^model: .*$/m, `model: ${model}`)
    .replace(/^wake: .*$/m, "wake: { drift_points: 1, price_pct: 0.1, at_least_every: 1h }")
    .replace(/max_llm_usd_per_day: .*/, `max_llm_usd_per_day: ${limit}`);
  writeFileSync(file, text);
  const home = join(folder, "home");
  const report = await rehearse({ file, home, seed: "budget", cycles: 16, version: "test" });
  const reader = await openJournalReader(join(home, "journal.sqlite"));
  const calls: Call[] = [];
  const [stream = ""] = await reader.streams();
  for await (const { at, kind, body } of reader.read(stream)) {
    const note = kind === "noted" ? (body as unknown as { readonly note: Call }).note : null;
    if (note?.kind === "model-call") calls.push({ ...note, at });
  }
  await reader.close();
  return { report, calls };
}

test("as the day's budget runs out, an agent asks a cheaper model, then more rarely, then holds and says so", async () => {
  using place = scratch();
  const saving =
    "{ cheaper: { provider: anthropic, id: claude-haiku-4-5, max_tokens: 200 }, cheaper_below_pct: 70, slower_every: 3h, slower_below_pct: 50, hold_below_pct: 30 }";
  const model = `{ provider: anthropic, id: claude-sonnet-4-5, max_tokens: 200, near_budget: ${saving} }`;
  const { report, calls } = await day(place.folder, model, "0.08");
  const models = calls.map((call) => call.model);
  const turned = models.indexOf("claude-haiku-4-5");
  expect(turned).toBeGreaterThan(1);
  expect(new Set(models.slice(0, turned))).toEqual(new Set(["claude-sonnet-4-5"]));
  expect(new Set(models.slice(turned))).toEqual(new Set(["claude-haiku-4-5"]));
  const gaps = calls.slice(1).map(({ at }, i) => at - (calls[i]?.at ?? at));
  expect(gaps[0]).toBeLessThan(1.5 * HOUR);
  expect(gaps.some((gap) => gap >= 3 * HOUR)).toBe(true);
  const spent = sum(calls.map(({ cost_usd }) => decimal(cost_usd)));
  expect(spent.eq(report.model_cost_usd) && spent.lte("0.08")).toBe(true);
  const held = report.decisions.filter(({ code }) => code !== null);
  expect(held.length).toBeGreaterThan(0);
  for (const { kind, why } of held)
    expect({ kind, why }).toMatchObject({ kind: "hold", why: expect.stringMatching(/budget|left/) });
});

test("a model whose price nobody knows counts at the stated ceiling, and the budget ends it", async () => {
  using place = scratch();
  const { report, calls } = await day(place.folder, "{ provider: openai, id: a-model-of-tomorrow, max_tokens: 200 }", "0.30");
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.length).toBeLessThan(report.cycles);
  // 15 USD a million in, 75 out.
  for (const { cost_usd, usage } of calls) {
    expect(cost_usd).toBe(decimal(usage.input).times(15).plus(decimal(usage.output).times(75)).div(1_000_000).toFixed());
  }
  expect(report.model_cost_usd.lte("0.30")).toBe(true);
  expect(report.decisions.some(({ kind, code }) => kind === "hold" && code !== null)).toBe(true);
});
