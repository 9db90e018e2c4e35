import { expect, test } from "vitest";
import { ManualClock } from "../../core/clock.ts";
import { seededRandom } from "../../core/random.ts";
import { resolveModels } from "../../llm/resolve-models.ts";
import { startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import type { Turn } from "../../llm/scripted/turn.ts";
import { EVM_TOOLS } from "../../tools/evm/evm-tools.ts";
import { interpret, UninterpretedError } from "./interpret.ts";
import { axRule } from "./mock-rule.ts";

async function ask(words: string, turn?: Turn) {
  const server = await startScriptedModel({ rule: turn ? () => turn : axRule });
  try {
    const model = await resolveModels({
      plan: { provider: "anthropic", id: "claude-sonnet-4-5" },
      limit: "unlimited",
      at: server.url,
      env: {},
      clock: new ManualClock(0),
      random: seededRandom("test"),
      version: "0",
    });
    const result = await interpret(words, EVM_TOOLS, model).catch((error: unknown) => error);
    return { result, requests: server.requests };
  } finally {
    await server.stop();
  }
}

const calls = (...wanted: readonly { tool: string; arguments: string }[]): Turn => ({ kind: "answer", value: { calls: wanted } });
const swap = { tool: "swap_tokens", arguments: '{"token_in":"USDC","token_out":"WETH","amount":"5"}' };

test("words become one call of one tool, in one question that lists every tool with its schema", async () => {
  const { result, requests } = await ask("swap 5 USDC to WETH");
  expect(result).toMatchObject({
    tool: "swap_tokens",
    args: { token_in: "USDC", token_out: "WETH", amount: "5" },
    notes: [{ kind: "model-call" }],
  });
  expect(requests).toHaveLength(1);
  expect(requests[0]?.prompt).toContain("swap 5 USDC to WETH");
  for (const { name } of EVM_TOOLS) expect(requests[0]?.system).toContain(`${name}: `);
});

test.each<[string, Turn, string]>([
  ["two calls", calls(swap, swap), "AX_SEVERAL_CALLS"],
  ["no call", calls(), "AX_NO_CALL"],
  ["words", { kind: "prose", text: "Sure, I will swap it for you!" }, "AX_NO_CALL"],
  ["a refusal", { kind: "refusal", text: "I cannot help with that." }, "AX_NO_CALL"],
  ["an HTTP error", { kind: "http", status: 401 }, "AX_NO_CALL"],
  ["a tool that is not there", calls({ tool: "drain_wallet", arguments: "{}" }), "AX_UNKNOWN_TOOL"],
  ["a tool of every object", calls({ tool: "constructor", arguments: "{}" }), "AX_UNKNOWN_TOOL"],
  ["arguments that are a list", calls({ tool: "get_price", arguments: "[]" }), "AX_BAD_ARGUMENTS"],
  ["arguments that are cut off", calls({ tool: "get_price", arguments: '{"token": "WE' }), "AX_BAD_ARGUMENTS"],
  ["an escape sequence", calls({ tool: "get_price", arguments: JSON.stringify({ token: "WETH\u001b[2J" }) }), "AX_BAD_ARGUMENTS"],
  [
    "text that runs from right to left",
    calls({ tool: "get_price", arguments: JSON.stringify({ token: "\u202eHTEW" }) }),
    "AX_BAD_ARGUMENTS",
  ],
  ["a hidden key", calls({ tool: "get_price", arguments: JSON.stringify({ token: "WETH", "a\u200b": 1 }) }), "AX_BAD_ARGUMENTS"],
])("%s is refused, and what it cost is told", async (_name, turn, code) => {
  const { result } = await ask("swap 5 USDC to WETH", turn);
  expect(result).toBeInstanceOf(UninterpretedError);
  expect(result).toMatchObject({ code });
  expect((result as UninterpretedError).notes.length).toBeGreaterThan(0);
});

test("what the model wrote is shown without characters that write to a terminal", async () => {
  const { result } = await ask("x", calls({ tool: "\u001b]0;pwned\u0007rob", arguments: "{}" }));
  expect((result as Error).message).not.toMatch(/\p{Cc}/u);
});
