import { argumentText, type Form, pieces, type ServerEvent } from "./form.ts";
import type { Spoken } from "./spoken.ts";
import type { ScriptedToolCall } from "./turn.ts";

const STOP = { stop: "end_turn", length: "max_tokens", tools: "tool_use", refusal: "refusal" } as const;

/** Anthropic messages. */
export const messagesForm: Form = {
  whole: (spoken) => ({
    ...head(spoken),
    content: blocks(spoken),
    stop_reason: STOP[spoken.finish],
    stop_details: details(spoken),
    usage: usage(spoken),
  }),
  opening: (spoken) => [
    event("message_start", { message: { ...head(spoken), content: [], usage: { ...usage(spoken), output_tokens: 1 } } }),
  ],
  middle: (spoken) =>
    blocks(spoken).flatMap((block, index) => [
      event("content_block_start", {
        index,
        content_block: block.type === "text" ? { ...block, text: "" } : { ...block, input: {} },
      }),
      ...deltas(block).map((delta) => event("content_block_delta", { index, delta })),
      event("content_block_stop", { index }),
    ]),
  closing: (spoken) => [
    event("message_delta", {
      delta: { stop_reason: STOP[spoken.finish], stop_sequence: null, stop_details: details(spoken) },
      usage: usage(spoken),
    }),
    event("message_stop", {}),
  ],
  error: (_status, message, type) => ({ type: "error", error: { type, message } }),
};

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: ScriptedToolCall["arguments"] };

function head({ id, model }: Spoken) {
  return { id, type: "message", role: "assistant", model, stop_reason: null as string | null, stop_sequence: null };
}

function details({ refusal }: Spoken) {
  return refusal === null ? null : { type: "refusal", explanation: refusal };
}

function blocks({ id, text, refusal, calls }: Spoken): readonly Block[] {
  return [
    ...(refusal !== null || text === "" ? [] : [{ type: "text" as const, text }]),
    ...calls.map((call, index) => ({
      type: "tool_use" as const,
      id: `call-${id}-${index}`,
      name: call.name,
      input: call.arguments,
    })),
  ];
}

function deltas(block: Block): readonly object[] {
  if (block.type === "text") return pieces(block.text).map((text) => ({ type: "text_delta", text }));
  return pieces(argumentText({ name: block.name, arguments: block.input })).map((partial_json) => ({
    type: "input_json_delta",
    partial_json,
  }));
}

function event(type: string, fields: object): ServerEvent {
  return { event: type, data: { type, ...fields } };
}

function usage({ usage: { input, output, cacheRead, cacheWrite } }: Spoken) {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
  };
}
