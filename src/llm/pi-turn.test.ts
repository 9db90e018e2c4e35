import type { Message } from "@earendil-works/pi-ai";
import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { seededRandom } from "../core/random.ts";
import { memoryModelBudget } from "./budget.ts";
import type { ModelApi } from "./model-port.ts";
import type { ToolOffer } from "./model-turn.ts";
import { modelWith, scripted, stopAll } from "./pi-model.fixture.ts";
import { resolveModel } from "./resolve-model.ts";
import { routedModel } from "./routed-model.ts";

afterEach(stopAll);

const user = (content: string): Message => ({ role: "user", content, timestamp: 0 });
const tools: readonly ToolOffer[] = [
  {
    name: "get_price",
    description: "The price of a token.",
    parameters: { type: "object", properties: { token: { type: "string" } }, required: ["token"], additionalProperties: false },
  },
];
const request = { system: "You trade.", messages: [user("Begin.")], tools };
const call = { name: "get_price", arguments: { token: "WETH" } };

test.each(["chat", "responses", "messages"] satisfies ModelApi[])(
  "offers tools, hears a call and its words, and goes on with the result: %s",
  async (api) => {
    const { port, server } = await modelWith({
      api,
      turns: [
        { kind: "tools", text: "Let me look at the market first.", calls: [call] },
        { kind: "prose", text: "Nothing to do." },
      ],
    });
    const heard: string[] = [];
    const first = await port.turn({ ...request, onText: (text) => heard.push(text) });
    if (!first.ok) throw first;
    expect(heard.join("")).toBe("Let me look at the market first.");
    const called = first.message.content.find((block) => block.type === "toolCall");
    expect(called).toMatchObject({ name: "get_price", arguments: { token: "WETH" } });
    expect([...first.malformed]).toEqual([]);
    expect(first.calls).toMatchObject([{ attempt: "first", retry: 0, stop: "tool_use", cost_basis: "usage" }]);
    const result: Message = {
      ...{ role: "toolResult", toolCallId: called?.id ?? "", toolName: "get_price", isError: false, timestamp: 0 },
      content: [{ type: "text", text: '{"usd":"2000"}' }],
    };
    const second = await port.turn({ ...request, messages: [user("Begin."), first.message, result] });
    expect(second).toMatchObject({ ok: true, message: { stopReason: "stop" } });
    const asked = server.requests.at(-1);
    expect(asked?.system).toBe("You trade.");
    expect(asked?.tools.map(({ name }) => name)).toEqual(["get_price"]);
    expect(asked?.messages.at(-1)).toMatchObject({ role: "tool", tool: "get_price", text: '{"usd":"2000"}' });
    expect(asked?.messages.some(({ role, calls }) => role === "assistant" && calls?.[0]?.name === "get_price")).toBe(true);
    expect(asked?.schemaName).toBeNull();
  },
);

test.each(["chat", "responses", "messages"] satisfies ModelApi[])(
  "tells which calls came with arguments that end in the middle: %s",
  async (api) => {
    const { port } = await modelWith({
      api,
      turns: [{ kind: "tools", calls: [call, { name: "get_price", arguments: '{"token":"WE' }] }],
    });
    const answer = await port.turn(request);
    if (!answer.ok) throw answer;
    const ids = answer.message.content.flatMap((block) => (block.type === "toolCall" ? [block.id] : []));
    expect(ids).toHaveLength(2);
    expect([...answer.malformed]).toEqual([ids[1]]);
  },
);

test("a failure that passes is tried again, and every try is a call with its cost", async () => {
  const { port } = await modelWith({
    api: "chat",
    turns: [
      { kind: "http", status: 429, retryAfter: 1 },
      { kind: "tools", calls: [call] },
    ],
  });
  const answer = await port.turn(request);
  expect(answer.ok).toBe(true);
  expect(answer.calls.map(({ stop, retry }) => [stop, retry])).toEqual([
    ["MODEL_RATE_LIMITED", 0],
    ["tool_use", 1],
  ]);
});

test("a turn whose worst cost does not fit what it may cost is not made", async () => {
  const { port, server } = await modelWith({ api: "chat", turns: [{ kind: "tools", calls: [call] }] });
  const answer = await port.turn({ ...request, most: decimal("0.000001") });
  expect(answer).toMatchObject({ ok: false, code: "MODEL_BUDGET", calls: [] });
  expect(server.requests).toHaveLength(0);
});

test("a turn reserves its worst cost of the day's budget before it is made, and what is left afterwards is exact", async () => {
  const clock = new ManualClock(1_000_000);
  const budget = memoryModelBudget({ limit: decimal("1"), clock });
  const { port } = await modelWith({
    api: "chat",
    turns: [{ kind: "tools", calls: [call], usage: { input: 1000, output: 100 } }],
    options: { clock, budget },
  });
  await port.turn(request);
  expect((await budget.left()).toFixed()).toBe("0.9965");
});

test("an answer that is cut at the token limit comes back as cut", async () => {
  const { port } = await modelWith({ api: "chat", turns: [{ kind: "cut", text: "I would" }] });
  expect(await port.turn(request)).toMatchObject({ ok: true, message: { stopReason: "length" } });
});

test("an endpoint that says the key back has it cut out of words and arguments", async () => {
  const server = await scripted(({ headers }) => ({
    kind: "tools",
    text: `your key is ${headers.authorization}`,
    calls: [{ name: "get_price", arguments: { token: `${headers.authorization}` } }],
  }));
  const port = await resolveModel({
    config: { provider: "custom", id: "any", api: "chat", base_url: server.url },
    env: { AGENT_LLM_API_KEY: "sk-very-secret-key", AGENT_LLM_BASE_URL: server.url },
    clock: new ManualClock(1_000_000),
    random: seededRandom(1),
    version: "9.9.9",
  });
  const answer = JSON.stringify(await port.turn(request));
  expect(answer).toContain("[key]");
  expect(answer).not.toContain("sk-very-secret-key");
});

test("another model takes the turn where the first cannot be reached, with what is left of the turn's money", async () => {
  const broken = await modelWith({ api: "chat", turns: () => ({ kind: "http", status: 401 }) });
  const other = await modelWith({ api: "messages", turns: [{ kind: "tools", calls: [call] }] });
  const model = routedModel({ primary: broken.port, fallbacks: [other.port], clock: broken.clock });
  const answer = await model.turn({ ...request, most: decimal("1") });
  expect(answer.ok).toBe(true);
  expect(answer.calls.map(({ api, stop }) => [api, stop])).toEqual([
    ["chat", "MODEL_KEY_REFUSED"],
    ["messages", "tool_use"],
  ]);
});
