import type { Message } from "@earendil-works/pi-ai";
import { afterEach, expect, test } from "vitest";
import type { ModelApi } from "../model-port.ts";
import { modelWith, stopAll } from "../pi-model.fixture.ts";

afterEach(stopAll);

test.each(["chat", "responses", "messages"] satisfies ModelApi[])(
  "a rule sees which tools were called, with what, and which of them answers: %s",
  async (api) => {
    const calls = [
      { name: "get_price", arguments: { token: "WETH" } },
      { name: "get_portfolio", arguments: {} },
    ];
    const { port, server } = await modelWith({
      api,
      turns: [
        { kind: "tools", text: "Let me see.", calls },
        { kind: "prose", text: "Done." },
      ],
    });
    const asked: Message = { role: "user", content: "Begin.", timestamp: 0 };
    const tools = calls.map(({ name }) => ({ name, description: "Reads.", parameters: { type: "object", properties: {} } }));
    const first = await port.turn({ system: "You trade.", messages: [asked], tools });
    if (!first.ok) throw first;
    const results = first.message.content.flatMap((block): readonly Message[] =>
      block.type === "toolCall"
        ? [
            {
              ...{ role: "toolResult", toolCallId: block.id, toolName: block.name, isError: false, timestamp: 0 },
              content: [{ type: "text", text: `of ${block.name}` }],
            },
          ]
        : [],
    );
    await port.turn({
      system: "You trade.",
      messages: [asked, first.message, ...results, { ...asked, content: "Go on." }],
      tools,
    });
    const seen = server.requests[1]?.messages ?? [];
    expect(seen.flatMap((message) => message.calls ?? [])).toEqual(calls);
    expect(seen.filter(({ role }) => role === "tool")).toEqual([
      { role: "tool", text: "of get_price", tool: "get_price" },
      { role: "tool", text: "of get_portfolio", tool: "get_portfolio" },
    ]);
    expect(seen.find(({ role }) => role === "assistant")?.text).toBe("Let me see.");
    expect(seen.at(-1)).toEqual({ role: "user", text: "Go on." });
  },
);
