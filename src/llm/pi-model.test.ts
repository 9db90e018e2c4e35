import { afterEach, describe, expect, test } from "vitest";
import { ManualClock } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { memoryModelBudget } from "./budget.ts";
import type { ModelApi } from "./model-port.ts";
import { failureOf, hold, modelWith, question, stopAll } from "./pi-model.fixture.ts";
import type { ScriptedRule, Turn } from "./scripted/turn.ts";

const APIS: readonly ModelApi[] = ["chat", "responses", "messages"];

afterEach(stopAll);

describe.each(APIS)("over %s", (api) => {
  test("a typed answer comes back with its cost, and the system prompt and the schema are on the wire", async () => {
    const { port, server } = await modelWith({ api, turns: [{ kind: "answer", value: hold }] });
    const answer = await port.ask(question);
    expect(answer).toMatchObject({ ok: true, value: hold, raw: JSON.stringify(hold) });
    const [request] = server.requests;
    expect(request).toMatchObject({ api, system: "You keep a book.", prompt: "What now?", streamed: true });
    expect(request?.schemaName).toBe(api === "messages" ? "answer" : "decision");
    expect(JSON.stringify(request?.body)).toContain('"additionalProperties":false');
    expect(request?.body.temperature).toBe(0.3);
    const headers = request?.headers ?? {};
    expect(headers["user-agent"]).toBe("mandate/9.9.9");
    expect(Object.keys(headers).filter((name) => /stainless|referer|x-title|dangerous/.test(name))).toEqual([]);
  });

  test("cached tokens are counted at their own price", async () => {
    const usage = { input: 200, cacheRead: 1_000, output: 50 };
    const { port } = await modelWith({ api, turns: [{ kind: "answer", value: hold, usage }] });
    const { calls } = await port.ask(question);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.cost_usd.toFixed()).toBe("0.00225");
    expect(calls[0]).toMatchObject({ cost_basis: "usage", stop: "stop", usage: { ...usage, cacheWrite: 0 } });
  });

  test("an answer that is not valid is shown back once with what is wrong, and the second answer counts", async () => {
    const turns: Turn[] = [
      { kind: "answer", value: { decision: "sell", why: 3 } },
      { kind: "answer", value: hold },
    ];
    const { port, server } = await modelWith({ api, turns });
    const answer = await port.ask(question);
    expect(answer).toMatchObject({ ok: true, value: hold });
    expect(answer.calls.map((call) => call.attempt)).toEqual(["first", "repair"]);
    const repair = server.requests[1];
    expect(repair?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(repair?.messages[1]?.text).toBe('{"decision":"sell","why":3}');
    expect(repair?.prompt).toContain("decision");
    expect(repair?.prompt).toContain("why");
  });

  test("there is one repair round: a second answer that is not valid is a failure", async () => {
    const turns: Turn[] = [
      { kind: "prose", text: "I would rather wait." },
      { kind: "broken", value: hold },
    ];
    const { port, server } = await modelWith({ api, turns });
    const failure = failureOf(await port.ask(question));
    expect(failure.code).toBe("MODEL_NOT_VALID");
    expect(failure.raw).toBe(JSON.stringify(hold).slice(0, -1));
    expect(server.requests).toHaveLength(2);
  });

  test("JSON in a fence and in prose is an answer", async () => {
    const text = `Sure {thinking}:\n\`\`\`json\n${JSON.stringify(hold)}\n\`\`\`\nDone :-}`;
    const { port } = await modelWith({ api, turns: [{ kind: "prose", text }] });
    expect(await port.ask(question)).toMatchObject({ ok: true, value: hold, raw: text });
  });

  test("a refusal is told with the model's words and is not asked again", async () => {
    const { port, server } = await modelWith({ api, turns: [{ kind: "refusal", text: "I will not trade." }] });
    const failure = failureOf(await port.ask(question));
    expect(failure.code).toBe("MODEL_REFUSED");
    expect(failure.detail).toBe("I will not trade.");
    expect(failure.calls[0]?.cost_basis).toBe("usage");
    expect(server.requests).toHaveLength(1);
  });

  test("an answer cut at the token limit is MODEL_LENGTH, even when what is there parses", async () => {
    const { port } = await modelWith({ api, turns: [{ kind: "cut", text: JSON.stringify(hold) }] });
    expect(failureOf(await port.ask(question)).code).toBe("MODEL_LENGTH");
  });

  test.each(["stall", "timeout"] as const)("a %s ends by the watchdog and keeps its worst cost", async (kind) => {
    const clock = new ManualClock(0);
    const budget = memoryModelBudget({ limit: decimal("0.1"), clock });
    const { port } = await modelWith({
      api,
      turns: [{ kind }],
      options: { stallMs: 300, budget, clock },
      config: { max_tokens: 1_000 },
    });
    const failure = failureOf(await port.ask(question));
    expect(failure.code).toBe("MODEL_STALLED");
    const [call] = failure.calls;
    expect(call).toMatchObject({ cost_basis: "reserved", usage: null, stop: "MODEL_STALLED" });
    expect(call?.cost_usd.gte("0.01")).toBe(true);
    expect((await budget.left()).toFixed()).toBe(
      decimal("0.1")
        .minus(call?.cost_usd ?? 0)
        .toFixed(),
    );
  });

  test("503, then 429, then a broken connection, then an answer: three retries, and only what was billed costs", async () => {
    const turns: Turn[] = [
      { kind: "http", status: 503 },
      { kind: "http", status: 429, retryAfter: 7 },
      { kind: "drop" },
      { kind: "answer", value: hold },
    ];
    const { port, server, clock } = await modelWith({ api, turns });
    const answer = await port.ask(question);
    expect(answer.ok).toBe(true);
    expect(server.requests).toHaveLength(4);
    expect(answer.calls.map(({ stop, retry, cost_basis }) => [stop, retry, cost_basis])).toEqual([
      ["MODEL_ERROR", 0, "usage"],
      ["MODEL_RATE_LIMITED", 1, "usage"],
      ["MODEL_ERROR", 2, "reserved"],
      ["stop", 3, "usage"],
    ]);
    expect(answer.calls[0]?.cost_usd.isZero()).toBe(true);
    const waited = (await clock.now()) - 1_000_000;
    expect(waited).toBeGreaterThanOrEqual(250 + 7_000 + 1_000);
    expect(waited).toBeLessThanOrEqual(500 + 7_000 + 2_000);
  });

  test("a provider that asks for a longer wait than allowed is not asked again", async () => {
    const { port, server } = await modelWith({ api, turns: [{ kind: "http", status: 429, retryAfter: 61 }] });
    expect(failureOf(await port.ask(question)).code).toBe("MODEL_RATE_LIMITED");
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [401, "MODEL_KEY_REFUSED"],
    [404, "MODEL_UNKNOWN"],
    [400, "MODEL_ERROR"],
  ] as const)("HTTP %i is %s, at once, for nothing, with the provider's words", async (status, code) => {
    const { port, server } = await modelWith({ api, turns: [{ kind: "http", status, message: "no, because" }] });
    const failure = failureOf(await port.ask(question));
    expect(failure).toMatchObject({ code, detail: `HTTP ${status}: no, because` });
    expect(failure.calls.map((call) => call.cost_usd.toFixed())).toEqual(["0"]);
    expect(server.requests).toHaveLength(1);
  });

  test("an endpoint without structured output is asked in words from then on", async () => {
    const named = { chat: "response_format", responses: "text.format", messages: "output_config" }[api];
    const turns: Turn[] = [
      { kind: "http", status: 400, message: `Unknown parameter: ${named}` },
      { kind: "answer", value: hold },
      { kind: "answer", value: hold },
    ];
    const { port, server } = await modelWith({ api, turns });
    expect((await port.ask(question)).ok).toBe(true);
    expect((await port.ask(question)).ok).toBe(true);
    expect(server.requests.map((request) => request.schemaName !== null)).toEqual([true, false, false]);
    expect(server.requests[2]?.system).toContain("JSON Schema");
  });

  test("a model that takes no temperature is asked without one", async () => {
    const turns: Turn[] = [
      { kind: "http", status: 400, message: "Unsupported parameter: 'temperature'" },
      { kind: "answer", value: hold },
    ];
    const { port, server } = await modelWith({ api, turns });
    expect((await port.ask(question)).ok).toBe(true);
    expect(server.requests[1]?.body.temperature).toBeUndefined();
    expect(server.requests[1]?.schemaName).not.toBeNull();
  });

  test("a strict tool can carry the answer", async () => {
    const { port, server } = await modelWith({ api, turns: [{ kind: "answer", value: hold }], options: { structured: "tool" } });
    const answer = await port.ask(question);
    expect(answer).toMatchObject({ ok: true, value: hold, calls: [{ stop: "tool_use" }] });
    expect(server.requests[0]?.forcedTool).toBe("decision");
  });

  test("a call whose worst cost does not fit the budget is never made", async () => {
    const budget = memoryModelBudget({ limit: decimal("0.001"), clock: new ManualClock(0) });
    const { port, server } = await modelWith({ api, turns: [{ kind: "answer", value: hold }], options: { budget } });
    const failure = failureOf(await port.ask(question));
    expect(failure.code).toBe("MODEL_BUDGET");
    expect(failure.calls).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  test("a budget that fits the answer but not its repair says so and keeps the first answer", async () => {
    const worst = decimal("0.02");
    const budget = memoryModelBudget({ limit: worst, clock: new ManualClock(0) });
    const turns: Turn[] = [{ kind: "prose", text: "no", usage: { input: 1_000, output: 1_000 } }];
    const { port } = await modelWith({ api, turns, options: { budget }, config: { max_tokens: 1_000 } });
    const failure = failureOf(await port.ask(question));
    expect(failure).toMatchObject({ code: "MODEL_BUDGET", raw: "no" });
    expect(failure.calls).toHaveLength(1);
  });

  test("the caller's signal ends the call", async () => {
    const stop = new AbortController();
    const turns: ScriptedRule = () => {
      stop.abort();
      return { kind: "timeout" };
    };
    const { port } = await modelWith({ api, turns });
    expect(failureOf(await port.ask({ ...question, signal: stop.signal })).code).toBe("MODEL_ABORTED");
  });

  test("the deadline ends the whole question", async () => {
    const { port } = await modelWith({ api, turns: [{ kind: "timeout" }], config: { deadline: 300 } });
    expect(failureOf(await port.ask(question)).code).toBe("MODEL_DEADLINE");
  });
});
