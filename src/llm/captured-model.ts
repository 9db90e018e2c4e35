import type { ModelPort } from "./model-port.ts";
import { CEILING_PRICE } from "./model-price.ts";
import { readAnswer } from "./read-answer.ts";

/** A model that says one thing, whatever it is asked, and costs nothing: for trying an answer that was captured. */
export function capturedModel(text: string): ModelPort {
  return {
    model: { provider: "captured", id: "answer", api: "chat", price: CEILING_PRICE },
    async ask({ schema }) {
      const read = readAnswer(schema, text);
      if (read.ok) return { ok: true, value: read.value, raw: text, calls: [] };
      return { ok: false, code: "MODEL_NOT_VALID", detail: read.reason, raw: text, calls: [] };
    },
  };
}
