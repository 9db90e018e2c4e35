import { afterEach, expect, test } from "vitest";
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from "./start-scripted-model.ts";

let server: ScriptedModel | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function post(path: string, body: unknown, options: ScriptedModelOptions): Promise<Response> {
  server ??= await startScriptedModel(options);
  return fetch(`${server.url}${path}`, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
}

const ask = { model: "m", messages: [{ role: "user", content: "12345678" }] };

test("chat completions answers at once when no stream is asked for, and counts tokens from bytes", async () => {
  const response = await post("/chat/completions", ask, { script: [{ kind: "answer", value: { a: 1 } }] });
  expect(await response.json()).toMatchObject({
    id: "scripted-1",
    created: 0,
    choices: [{ message: { content: '{"a":1}' }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  });
});

test("messages answers at once with a tool call", async () => {
  const turn = { kind: "tools", text: "Let me see.", calls: [{ name: "look", arguments: { at: "pool" } }] } as const;
  const response = await post("/messages", { ...ask, tools: [{ name: "look", description: "Looks." }] }, { script: [turn] });
  expect(await response.json()).toMatchObject({
    stop_reason: "tool_use",
    content: [
      { type: "text", text: "Let me see." },
      { type: "tool_use", id: "call-scripted-1-0", name: "look", input: { at: "pool" } },
    ],
  });
  expect(server?.requests[0]?.tools).toEqual([{ name: "look", description: "Looks." }]);
});

test("responses answers at once with a refusal", async () => {
  const response = await post("/responses", { model: "m", input: "hi" }, { script: [{ kind: "refusal", text: "no" }] });
  expect(await response.json()).toMatchObject({
    status: "completed",
    output: [{ type: "message", content: [{ type: "refusal", refusal: "no" }] }],
  });
});

test("a rule sees tool results and the turn's number, and may take its time", async () => {
  const rule: ScriptedModelOptions = {
    rule: async ({ n, messages }) => ({ kind: "slow", ms: 5, turn: { kind: "prose", text: `${n}: ${messages.at(-1)?.text}` } }),
  };
  await post("/chat/completions", ask, rule);
  const messages = [{ role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: "42" }] }];
  const response = await post("/messages", { model: "m", messages }, rule);
  expect(await response.json()).toMatchObject({ content: [{ text: "2: 42" }] });
  expect(server?.requests[1]?.messages).toEqual([{ role: "tool", text: "42" }]);
});

test("the same requests get the same bytes from two servers", async () => {
  const run = async () => {
    const one = await startScriptedModel({ script: [{ kind: "answer", value: { a: "ä€𝄞".repeat(20) } }] });
    const body = JSON.stringify({ ...ask, stream: true });
    const text = await (await fetch(`${one.url}/chat/completions`, { method: "POST", body })).text();
    await one.stop();
    return text;
  };
  const first = await run();
  expect(first).toContain("data: [DONE]");
  expect(await run()).toBe(first);
});

test("a script that has run out, a rule that throws, a body that is no JSON and a path that is nothing are errors", async () => {
  expect((await post("/chat/completions", ask, { script: [] })).status).toBe(500);
  expect((await post("/chat/completions", "{", { script: [] })).status).toBe(400);
  expect((await post("/elsewhere", ask, { script: [] })).status).toBe(404);
  await server?.stop();
  server = await startScriptedModel({ rule: () => Promise.reject(new TypeError("a rule's own mistake")) });
  const response = await post("/chat/completions", ask, {});
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("a rule's own mistake");
});

test("stopping ends connections that never got an answer", async () => {
  const reached = Promise.withResolvers<void>();
  const own = await startScriptedModel({
    rule: () => {
      reached.resolve();
      return { kind: "timeout" };
    },
  });
  const waiting = fetch(`${own.url}/chat/completions`, { method: "POST", body: JSON.stringify(ask) });
  const ended = expect(waiting).rejects.toThrow();
  await reached.promise;
  await own.stop();
  await ended;
});

test("a port that is taken is told", async () => {
  server = await startScriptedModel({ script: [] });
  await expect(startScriptedModel({ script: [], port: Number(new URL(server.url).port) })).rejects.toMatchObject({
    code: "SCRIPTED_MODEL",
  });
});
