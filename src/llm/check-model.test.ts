import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../core/clock.ts";
import { seededRandom } from "../core/random.ts";
import { checkModel } from "./check-model.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted/start-scripted-model.ts";
import type { ScriptedRule } from "./scripted/turn.ts";

let server: ScriptedModel | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const RIGHT = {
  word: "ready",
  shares: [
    { asset: "A", weight: "0.25" },
    { asset: "B", weight: "0.75" },
  ],
  nothing: null,
};

async function check(rule: ScriptedRule, api: "chat" | "responses" | "messages" = "chat") {
  server = await startScriptedModel({ rule });
  let ticks = 0;
  return checkModel({
    config: { provider: "scripted", id: "scripted-1", api, base_url: server.url, prices: { input: "1", output: "2" } },
    env: {},
    clock: new ManualClock(0),
    random: seededRandom(1),
    version: "0.0.0",
    retry: { max: 0 },
    stopwatch: () => (ticks += 5),
  });
}

test.each(["chat", "responses", "messages"] as const)(
  "a model over %s that does all three is told so, with tokens and cost",
  async (api) => {
    const { checks, model } = await check(() => ({ kind: "answer", value: RIGHT }), api);
    expect(model.price.basis).toBe("mandate");
    expect(checks.map((one) => [one.check, one.ok, one.calls, one.took_ms])).toEqual([
      ["typed-answer", true, 1, 5],
      ["tool-call", true, 1, 5],
      ["json-text", true, 1, 5],
    ]);
    for (const one of checks) {
      expect(one.input_tokens).toBeGreaterThan(0);
      expect(one.cost_usd.toFixed()).toBe(((one.input_tokens + 2 * one.output_tokens) / 1e6).toFixed(9).replace(/0+$/, ""));
    }
  },
);

test("the tool that is asked for is a tool on the wire, with the answer's schema", async () => {
  await check(() => ({ kind: "answer", value: RIGHT }));
  expect(server?.requests.map(({ forcedTool }) => forcedTool)).toEqual([null, "check", null]);
  expect(server?.requests[2]?.system).toContain("JSON Schema");
});

test("a model that talks instead of calling its tool fails that check alone", async () => {
  const { checks } = await check(({ forcedTool }) =>
    forcedTool === null ? { kind: "answer", value: RIGHT } : { kind: "prose", text: "I would rather not." },
  );
  expect(checks.map(({ ok, code }) => [ok, code])).toEqual([
    [true, null],
    [false, "MODEL_NOT_VALID"],
    [true, null],
  ]);
});

test("an answer of the right shape with other content is a wrong answer", async () => {
  const { checks } = await check(() => ({ kind: "answer", value: { ...RIGHT, word: "hello" } }));
  expect(checks.map(({ code }) => code)).toEqual(["WRONG_ANSWER", "WRONG_ANSWER", "WRONG_ANSWER"]);
});

test("a refused key ends the checks at once", async () => {
  const { checks } = await check(() => ({ kind: "http", status: 401 }));
  expect(checks.map(({ code }) => code)).toEqual(["MODEL_KEY_REFUSED"]);
});
