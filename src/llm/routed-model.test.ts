import type { Message } from "@earendil-works/pi-ai";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { HOUR, ManualClock, MINUTE } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { seededRandom } from "../core/random.ts";
import type { ModelPlan } from "../mandate/terms.ts";
import { resolveModels } from "./resolve-models.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted/start-scripted-model.ts";
import type { Turn } from "./scripted/turn.ts";

const START = Date.UTC(2026, 0, 5);
let server: ScriptedModel | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const PRICES = { input: decimal(0), output: decimal(100) };
const model = (id: string) => ({ provider: "scripted", id, api: "chat" as const, max_tokens: 100, prices: PRICES });
const SAVING = {
  cheaper: model("small"),
  cheaper_below_pct: decimal(60),
  slower_every: HOUR,
  slower_below_pct: decimal(40),
  hold_below_pct: decimal(10),
};
/** 1,000 tokens at 100 USD a million. */
const DIME: Turn = { kind: "answer", value: { ok: true }, usage: { input: 1, output: 1000 } };

/** Asks `times` questions of models on one scripted server, which answers by the model's name. */
async function desk(plan: ModelPlan, limit: string, turn: (model: string) => Turn) {
  const started = await startScriptedModel({ rule: (request) => turn(request.model) });
  server = started;
  const clock = new ManualClock(START);
  const port = await resolveModels({
    plan,
    limit: decimal(limit),
    at: started.url,
    env: {},
    clock,
    random: seededRandom(1),
    version: "0.0.0",
    retry: { max: 0 },
  });
  const ask = (stronger: string | null = null) =>
    port.ask({ system: "s", prompt: "p", schema: z.object({ ok: z.boolean() }), name: "t", stronger });
  return { ask, port, clock, asked: () => started.requests.map((request) => request.model) };
}

test("near the budget first the cheaper model is asked, then more rarely, then nothing; a day later all is as it was", async () => {
  const { ask, clock, asked } = await desk({ ...model("big"), near_budget: SAVING }, "1", () => DIME);
  for (let i = 0; i < 4; i++) expect((await ask()).ok).toBe(true);
  expect(asked()).toEqual(["big", "big", "big", "big"]);
  // 60 % is left: not below 60.
  await ask();
  expect(asked().at(-1)).toBe("big");
  await ask();
  expect(asked().at(-1)).toBe("small");
  await ask();
  const slow = await ask();
  expect(slow).toMatchObject({ ok: false, code: "MODEL_BUDGET", detail: expect.stringContaining("every 60 minutes"), calls: [] });
  clock.set(START + HOUR);
  expect((await ask()).ok).toBe(true);
  clock.set(START + 2 * HOUR);
  expect((await ask()).ok).toBe(true);
  clock.set(START + 3 * HOUR);
  expect(await ask()).toMatchObject({ ok: true });
  clock.set(START + 4 * HOUR);
  expect(await ask()).toMatchObject({ ok: false, code: "MODEL_BUDGET", detail: expect.stringContaining("nothing is asked") });
  clock.set(START + 28 * HOUR);
  await ask();
  expect(asked().at(-1)).toBe("big");
});

test("a stronger model is asked where the question says why, and the usual one where it does not", async () => {
  const plan = {
    ...model("usual"),
    escalate: { to: model("strong"), drawdown_pct: decimal(3), price_pct: null, after_refusal: false },
  };
  const { ask, asked } = await desk(plan, "100", () => DIME);
  await ask("drawdown 4 %");
  await ask();
  expect(asked()).toEqual(["strong", "usual"]);
});

test("a model that cannot be used is followed by the next, and every call is on the answer", async () => {
  const plan = { ...model("first"), fallbacks: [model("second"), model("third")] };
  const { ask, asked } = await desk(plan, "100", (id) => (id === "third" ? DIME : { kind: "http", status: 401 }));
  const answer = await ask();
  expect(answer.ok).toBe(true);
  expect(asked()).toEqual(["first", "second", "third"]);
  expect(answer.calls.map((call) => [call.model, call.stop])).toEqual([
    ["first", "MODEL_KEY_REFUSED"],
    ["second", "MODEL_KEY_REFUSED"],
    ["third", "stop"],
  ]);
});

test("a refusal is an answer: no other model is asked until one says yes", async () => {
  const { ask, asked } = await desk({ ...model("first"), fallbacks: [model("second")] }, "100", () => ({ kind: "refusal" }));
  expect(await ask()).toMatchObject({ ok: false, code: "MODEL_REFUSED" });
  expect(asked()).toEqual(["first"]);
});

test("all models share one budget: what one has spent, another cannot", async () => {
  const { ask, asked } = await desk({ ...model("first"), fallbacks: [model("second")] }, "0.105", () => DIME);
  await ask();
  expect(await ask()).toMatchObject({ ok: false, code: "MODEL_BUDGET" });
  expect(asked()).toEqual(["first"]);
});

test("minutes are said as minutes", async () => {
  const saving = { ...SAVING, cheaper: null, slower_every: 30 * MINUTE };
  const { ask } = await desk({ ...model("big"), near_budget: saving }, "0.15", () => DIME);
  await ask();
  expect(await ask()).toMatchObject({ detail: expect.stringContaining("every 30 minutes") });
});

test("a conversation that has begun is gone on with; the next one waits its time near the end of the budget", async () => {
  const saving = { ...SAVING, cheaper: null, slower_every: 30 * MINUTE, slower_below_pct: decimal(80) };
  const { port, asked } = await desk({ ...model("big"), near_budget: saving }, "0.30", () => DIME);
  const opening = { role: "user" as const, content: "Begin.", timestamp: 0 };
  const answered = { role: "toolResult" as const, toolCallId: "1", toolName: "look", content: [], isError: false, timestamp: 0 };
  const turn = (messages: readonly Message[], goesOn = false) => port.turn({ system: "You trade.", tools: [], messages, goesOn });
  const first = await turn([opening]);
  expect(first.ok).toBe(true);
  const onward = await turn([opening, ...(first.ok ? [first.message] : []), answered], true);
  expect(onward.ok, JSON.stringify(onward)).toBe(true);
  expect(asked()).toHaveLength(2);
  expect(await turn([opening])).toMatchObject({ ok: false, detail: expect.stringContaining("every 30 minutes") });
});
