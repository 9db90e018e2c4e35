import type { AssistantMessage, Message, ToolCall } from "@earendil-works/pi-ai";
import { ZERO } from "../../src/core/decimal.ts";
import { InvariantError } from "../../src/core/errors.ts";
import { CEILING_PRICE } from "../../src/llm/model-price.ts";
import type { ToolModel, TurnAnswer } from "../../src/llm/model-turn.ts";

/** Calls of a cycle: more messages than a session keeps. */
const CALLS = 30;
/** Letters of what is remembered: with it a tool's answer fills what it is given of a context. */
const REMEMBERED = 3_600;

/** A model that looks and remembers in each of its cycles until its context is full, and then ends it. It keeps nothing. */
export function talkativeModel(agent: number): ToolModel {
  let said = 0;
  return {
    model: { provider: "bench", id: "bench", api: "chat", price: CEILING_PRICE },
    ask() {
      throw new InvariantError("a model with tools is not asked for an answer");
    },
    async turn({ messages }): Promise<TurnAnswer> {
      said += 1;
      const opened = messages.findLastIndex(({ role }) => role === "user");
      const done = messages.slice(opened).filter(({ role }) => role === "toolResult").length;
      const words = `Agent ${agent} looks again, for the ${said}th time: the portfolio may have moved since.`;
      const [name, args] = callOf(done, agent, said);
      const message = assistant([
        { type: "text", text: words },
        { type: "toolCall", id: `call-${agent}-${said}`, name, arguments: args },
      ]);
      const usage = { input: 1_000, output: 100, cacheRead: 0, cacheWrite: 0 };
      const call = { provider: "bench", model: "bench", api: "chat", attempt: "first", retry: 0, usage, cost_usd: ZERO } as const;
      return { ok: true, message, malformed: new Set(), calls: [{ ...call, cost_basis: "usage", stop: "tool_use" }] };
    },
  };
}

function callOf(done: number, agent: number, said: number): readonly [name: string, args: ToolCall["arguments"]] {
  if (done >= CALLS) return ["end_cycle", { why: "all is as it should be" }];
  if (done % 3 === 0) return ["save_agent_state", { state: { agent, said, seen: text(agent * 100_003 + said) } }];
  return done % 3 === 1 ? ["load_agent_state", {}] : ["get_portfolio", {}];
}

/** Text that no two agents share, the same in every run. */
function text(seed: number): string {
  let state = seed >>> 0;
  let all = "";
  while (all.length < REMEMBERED) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    all += `${state.toString(36)} `;
  }
  return all.slice(0, REMEMBERED);
}

function assistant(content: AssistantMessage["content"]): AssistantMessage {
  const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  return {
    role: "assistant",
    content,
    ...{ api: "openai-completions", provider: "bench", model: "bench", stopReason: "toolUse", timestamp: 0 },
    usage: { input: 1_000, output: 100, cacheRead: 0, cacheWrite: 0, totalTokens: 1_100, cost: none },
  };
}

/** All the words of a message that a model is told. */
export function wordsOf(message: Message): readonly string[] {
  const { content } = message;
  if (typeof content === "string") return [content];
  return content.flatMap((block) => {
    if (block.type === "text") return [block.text];
    return block.type === "toolCall" ? [block.name, JSON.stringify(block.arguments)] : [];
  });
}
