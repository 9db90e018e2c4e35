import { createServer } from "node:http";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { type Clock, ManualClock } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { toJson } from "../core/json.ts";
import { seededRandom } from "../core/random.ts";
import { failureOf, hold, modelWith, question, scripted, stopAll } from "./pi-model.fixture.ts";
import { type ModelConfig, resolveModel } from "./resolve-model.ts";
import type { ScriptedRule, Turn } from "./scripted/turn.ts";

afterEach(stopAll);

test("a slow stream is no stalled one", async () => {
  const text = JSON.stringify({ ...hold, why: "x".repeat(500) });
  const { port, server } = await modelWith({
    api: "chat",
    turns: [{ kind: "trickle", ms: 40, text }],
    options: { stallMs: 600 },
  });
  expect((await port.ask(question)).ok).toBe(true);
  expect(server.requests).toHaveLength(1);
});

test("two questions at once both learn that an endpoint has no structured output", async () => {
  const turns: ScriptedRule = ({ schemaName }) =>
    schemaName === null
      ? { kind: "answer", value: hold }
      : { kind: "http", status: 400, message: "Unknown parameter: response_format" };
  const { port, server } = await modelWith({ api: "chat", turns });
  const answers = await Promise.all([port.ask(question), port.ask(question)]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
  expect(server.requests).toHaveLength(4);
});

test("a model that could hand over to another is not allowed to", async () => {
  const config = { provider: "anthropic", id: "claude-fable-5" } as const;
  const { port, server } = await modelWith({ api: "messages", turns: [{ kind: "answer", value: hold }], config });
  expect((await port.ask(question)).ok).toBe(true);
  expect(JSON.stringify([server.requests[0]?.body, server.requests[0]?.headers])).not.toContain("fallback");
});

test("an endpoint that redirects is told, and the key does not follow", async () => {
  const target = await scripted([{ kind: "answer", value: hold }]);
  const redirecting = createServer((_, response) =>
    response.writeHead(307, { location: `${target.url}/chat/completions` }).end(),
  );
  await new Promise<void>((resolve) => redirecting.listen(0, "127.0.0.1", resolve));
  const address = redirecting.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const config: ModelConfig = { provider: "scripted", id: "scripted", base_url: `http://127.0.0.1:${port}/v1` };
  const model = await resolveModel({ config, env: {}, clock: new ManualClock(0), random: seededRandom(1), version: "1" });
  const failure = failureOf(await model.ask(question));
  redirecting.closeAllConnections();
  await new Promise((resolve) => redirecting.close(resolve));
  expect(failure).toMatchObject({ code: "MODEL_UNREACHABLE", detail: expect.stringContaining("redirects") });
  expect(target.requests).toHaveLength(0);
});

test("a schema's own reader that refuses a value gets the repair round, too", async () => {
  const amount = z.strictObject({ amount: z.string().transform((text) => decimal(text)) });
  const turns: Turn[] = [
    { kind: "answer", value: { amount: "NaN" } },
    { kind: "answer", value: { amount: "0.5" } },
  ];
  const { port, server } = await modelWith({ api: "chat", turns });
  const answer = await port.ask({ ...question, schema: amount });
  expect(answer.ok && answer.value.amount.toFixed()).toBe("0.5");
  expect(server.requests[1]?.prompt).toContain("NaN");
});

test("an endpoint that nobody listens on is unreachable, costs nothing, and the detail names no port", async () => {
  const { port, server } = await modelWith({ api: "chat", turns: [] });
  await server.stop();
  const failure = failureOf(await port.ask(question));
  expect(failure).toMatchObject({ code: "MODEL_UNREACHABLE", detail: "the endpoint cannot be reached (ECONNREFUSED)" });
  expect(failure.calls).toHaveLength(4);
  expect(failure.calls.every((call) => call.cost_usd.isZero())).toBe(true);
});

test("a gateway that lost its upstream may have been billed: the worst cost is kept", async () => {
  const { port } = await modelWith({ api: "chat", turns: [{ kind: "http", status: 504 }], options: { retry: { max: 0 } } });
  const { calls } = await port.ask(question);
  expect(calls).toMatchObject([{ cost_basis: "reserved", usage: null }]);
  expect(calls[0]?.cost_usd.gt(0)).toBe(true);
});

test("a provider that names an unknown model with HTTP 400 is understood", async () => {
  const turns: Turn[] = [{ kind: "http", status: 400, message: "gpt-99 is not a valid model ID" }];
  const { port } = await modelWith({ api: "chat", turns });
  expect(failureOf(await port.ask(question)).code).toBe("MODEL_UNKNOWN");
});

test("an empty account is not waited for", async () => {
  const turns: Turn[] = [{ kind: "http", status: 429, message: "You exceeded your current quota", type: "insufficient_quota" }];
  const { port, server } = await modelWith({ api: "chat", turns });
  expect(failureOf(await port.ask(question)).code).toBe("MODEL_ERROR");
  expect(server.requests).toHaveLength(1);
});

test("reasoning that raises the token limit raises the reservation with it", async () => {
  const reserved: string[] = [];
  const budget = {
    reserve: async (worst: ReturnType<typeof decimal>) => ({ worst, settle: async () => void reserved.push(worst.toFixed()) }),
  };
  const config = { provider: "anthropic", id: "claude-sonnet-4-5", max_tokens: 1_000, reasoning: "medium" } as const;
  const { port, server } = await modelWith({
    api: "messages",
    turns: [{ kind: "answer", value: hold }],
    config,
    options: { budget },
  });
  expect((await port.ask(question)).ok).toBe(true);
  expect(server.requests[0]?.body.max_tokens).toBe(9_192);
  expect(Number(reserved[0])).toBeGreaterThan((9_192 * 10) / 1e6);
});

test("only the stable part of an Anthropic prompt is marked for the cache", async () => {
  const { port, server } = await modelWith({ api: "messages", turns: [{ kind: "answer", value: hold }] });
  await port.ask(question);
  const { system, messages } = server.requests[0]?.body ?? {};
  expect(JSON.stringify(system)).toContain("cache_control");
  expect(JSON.stringify(messages)).not.toContain("cache_control");
});

test("a price that nobody knows counts at the ceiling", async () => {
  const server = await scripted([{ kind: "answer", value: hold, usage: { input: 1_000_000, output: 1_000_000 } }]);
  const config: ModelConfig = { provider: "nobody", id: "mystery", base_url: server.url };
  const port = await resolveModel({ config, env: {}, clock: new ManualClock(0), random: seededRandom(1), version: "1" });
  expect(port.model.price.basis).toBe("ceiling");
  expect((await port.ask(question)).calls[0]?.cost_usd.toFixed()).toBe("90");
});

test("the key never comes back in an answer", async () => {
  const turns: ScriptedRule = ({ n, headers }) =>
    n <= 2
      ? { kind: "prose", text: `your key is ${headers.authorization}` }
      : { kind: "answer", value: { ...hold, why: headers.authorization } };
  const server = await scripted(turns);
  const env = { AGENT_LLM_API_KEY: "sk-very-secret-key", AGENT_LLM_BASE_URL: server.url };
  const port = await resolveModel({ env, clock: new ManualClock(0), random: seededRandom(1), version: "1" });
  expect(server.requests).toHaveLength(0);
  const answer = await port.ask(question);
  expect(server.requests[0]?.headers.authorization).toBe("Bearer sk-very-secret-key");
  expect(JSON.stringify(toJson(answer))).not.toContain("very-secret");
  expect(failureOf(answer).raw).toContain("[key]");
  expect(failureOf(answer).detail).not.toContain("\n");
  expect(await port.ask(question)).toMatchObject({ ok: true, value: { why: "Bearer [key]" } });
});

test("the model thinks as long as it is told to, on the injected clock", async () => {
  const { port, clock } = await modelWith({ api: "chat", turns: [{ kind: "answer", value: hold }], options: { think: 4_000 } });
  await port.ask(question);
  expect(await clock.now()).toBe(1_004_000);
});

test("the same seed gives the same calls, byte for byte, on another port", async () => {
  const run = async () => {
    const turns: Turn[] = [
      { kind: "http", status: 503 },
      { kind: "prose", text: "hm" },
      { kind: "answer", value: hold },
    ];
    const { port, clock } = await modelWith({ api: "responses", turns });
    return JSON.stringify(toJson([await port.ask(question), await clock.now()]));
  };
  expect(await run()).toBe(await run());
});

test("hooks see each call begin and end", async () => {
  const seen: string[] = [];
  const hooks = {
    started: ({ attempt }: { attempt: string }) => void seen.push(`> ${attempt}`),
    finished: ({ stop }: { stop: string }) => void seen.push(`< ${stop}`),
  };
  const { port } = await modelWith({
    api: "chat",
    turns: [
      { kind: "prose", text: "?" },
      { kind: "answer", value: hold },
    ],
    options: { hooks },
  });
  await port.ask(question);
  expect(seen).toEqual(["> first", "< stop", "> repair", "< stop"]);
});

test("a budget that cannot be kept is not the model's failure", async () => {
  class DiskFullError extends Error {}
  const budget = { reserve: () => Promise.reject(new DiskFullError()) };
  const { port, server } = await modelWith({ api: "chat", turns: [], options: { budget } });
  await expect(port.ask(question)).rejects.toThrow(DiskFullError);
  expect(server.requests).toHaveLength(0);
});

test("a clock that has passed the deadline stops the retries", async () => {
  let now = 0;
  const clock: Clock = {
    now: async () => now,
    sleep: async (until) => {
      now = until;
    },
  };
  const script: Turn[] = Array.from({ length: 9 }, () => ({ kind: "http", status: 503 }));
  const { port, server } = await modelWith({
    api: "chat",
    turns: script,
    config: { deadline: 1_000 },
    options: { clock, retry: { max: 9 } },
  });
  expect(failureOf(await port.ask(question)).code).toBe("MODEL_ERROR");
  expect(server.requests.length).toBeLessThan(4);
});
