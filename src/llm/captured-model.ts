import type { AssistantMessage } from "@earendil-works/pi-ai";
import { CEILING_PRICE } from "./model-price.ts";
import type { ToolModel } from "./model-turn.ts";
import { readAnswer } from "./read-answer.ts";

/** A model that says one thing, whatever it is asked, and costs nothing: for trying an answer that was captured. */
export function capturedModel(text: string): ToolModel {
  return {
    model: { provider: "captured", id: "answer", api: "chat", price: CEILING_PRICE },
    async ask({ schema }) {
      const read = readAnswer(schema, text);
      if (read.ok) return { ok: true, value: read.value, raw: text, calls: [] };
      return { ok: false, code: "MODEL_NOT_VALID", detail: read.reason, raw: text, calls: [] };
    },
    async turn() {
      return { ok: true, message: spokenText(text), malformed: new Set(), calls: [] };
    },
  };
}

function spokenText(text: string): AssistantMessage {
  const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    ...{ api: "captured", provider: "captured", model: "answer", stopReason: "stop", timestamp: 0 },
    usage: { ...free, totalTokens: 0, cost: { ...free, total: 0 } },
  };
}
