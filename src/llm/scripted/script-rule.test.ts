import { expect, test } from "vitest";
import type { ModelScript } from "./model-script.ts";
import { parseModelScript } from "./parse-model-script.ts";
import { scriptRule } from "./script-rule.ts";
import type { ScriptedMessage, ScriptedRequest, Turn } from "./turn.ts";

const SHIPPED: Turn = { kind: "prose", text: "shipped" };

function request(n: number, more: Partial<ScriptedRequest> = {}): ScriptedRequest {
  const messages: readonly ScriptedMessage[] = [{ role: "user", text: "now" }];
  const plain = { n, api: "chat", model: "m", system: "A mandate", prompt: "now", messages, tools: [] } as const;
  return { ...plain, forcedTool: null, schemaName: null, streamed: true, body: {}, headers: {}, ...more };
}

async function said(script: ModelScript, requests: readonly ScriptedRequest[]): Promise<readonly string[]> {
  const rule = scriptRule(script, () => SHIPPED);
  const turns = [];
  for (const one of requests) turns.push(await rule(one));
  return turns.map((turn) => (turn.kind === "prose" ? turn.text : turn.kind));
}

const say = (text: string): Turn => ({ kind: "prose", text });
const answered = (tool: string, text: string): Partial<ScriptedRequest> => ({
  messages: [
    { role: "user", text: "now" },
    { role: "assistant", text: "", calls: [{ name: tool, arguments: {} }] },
    { role: "tool", text, tool },
  ],
});

test("the first rule that holds speaks, a turn for ever and a list once", async () => {
  const script = parseModelScript({ rules: [{ when: { request: [2] }, do: say("second") }, { do: [say("a"), say("b")] }] });
  expect(
    await said(
      script,
      [1, 2, 3, 4].map((n) => request(n)),
    ),
  ).toEqual(["a", "second", "b", "shipped"]);
  const ever = parseModelScript({ rules: [{ do: say("ever") }] });
  expect(await said(ever, [request(1), request(2)])).toEqual(["ever", "ever"]);
});

test("times says how often a rule's turns are gone through", async () => {
  const script = parseModelScript({ rules: [{ do: [say("a"), say("b")], times: 2 }], otherwise: say("over") });
  expect(
    await said(
      script,
      [1, 2, 3, 4, 5].map((n) => request(n)),
    ),
  ).toEqual(["a", "b", "a", "b", "over"]);
  const once = parseModelScript({ rules: [{ do: say("once"), times: 1 }], otherwise: "error" });
  expect(await said(once, [request(1), request(2)])).toEqual(["once", "http"]);
});

test.each<readonly [string, object, Partial<ScriptedRequest>, Partial<ScriptedRequest>]>([
  ["api", { api: "messages" }, { api: "messages" }, { api: "chat" }],
  ["system", { system: "^a MANDATE" }, {}, { system: "other" }],
  ["prompt", { prompt: "cycle 3\\b" }, { prompt: "Cycle 3" }, { prompt: "cycle 33" }],
  ["offers", { offers: "swap_tokens" }, { tools: [{ name: "swap_tokens", description: "" }] }, {}],
  ["offers null", { offers: null }, {}, { tools: [{ name: "x", description: "" }] }],
  ["after", { after: "get_price" }, answered("get_price", "1"), answered("get_balance", "1")],
  ["after null", { after: null }, {}, answered("get_price", "1")],
  ["result", { result: "no_price" }, answered("get_price", '{"code":"no_price"}'), answered("get_price", "1")],
])("a condition on %s holds where it should and nowhere else", async (_, when, holds, fails) => {
  const script = parseModelScript({ rules: [{ when, do: say("yes") }] });
  expect(await said(script, [request(1, holds), request(2, fails)])).toEqual(["yes", "shipped"]);
});

test("a list of turns is followed in order and then fails", async () => {
  expect(await said(parseModelScript('[{"kind":"prose","text":"a"}]'), [request(1), request(2)])).toEqual(["a", "http"]);
});

test.each<readonly [string, unknown, string]>([
  ["no JSON", "{", "no JSON"],
  ["a key that is none", { rules: [], seed: 1 }, "seed"],
  ["an unknown kind of turn", { rules: [{ do: { kind: "dance" } }] }, "rules.0.do.kind"],
  ["a wrong field of a turn", { rules: [{ do: [{ kind: "http", status: 200 }] }] }, "rules.0.do.0.status"],
  ["an expression that is none", { rules: [{ when: { prompt: "(" }, do: { kind: "timeout" } }] }, "rules.0.when.prompt"],
  ["no turn at all", { rules: [{ do: [] }] }, "rules.0.do"],
  ["a request counted from 0", { rules: [{ when: { request: 0 }, do: { kind: "timeout" } }] }, "rules.0.when.request"],
  ["a number", 5, "the script"],
])("a script with %s is refused and says where", (_, script, where) => {
  expect(() => parseModelScript(script, "script.json")).toThrow(
    expect.objectContaining({ code: "MODEL_SCRIPT", message: expect.stringContaining(where) }),
  );
});
