import { argumentText, type Form, pieces, type ServerEvent } from "./form.ts";
import type { Spoken } from "./spoken.ts";

/** OpenAI responses. */
export const responsesForm: Form = {
  whole: response,
  opening: (spoken) => [
    event("response.created", { response: { ...response(spoken), status: "in_progress", output: [], usage: null } }),
  ],
  middle: (spoken) =>
    items(spoken).flatMap((item, output_index) =>
      item.type === "message" ? messageEvents(spoken, item, output_index) : callEvents(item, output_index),
    ),
  closing: (spoken) => [
    event(spoken.finish === "length" ? "response.incomplete" : "response.completed", { response: response(spoken) }),
  ],
  error: (status, message, type) => ({ error: { message, type, code: status === 404 ? "model_not_found" : null, param: null } }),
};

type Item = ReturnType<typeof messageItem> | ReturnType<typeof callItem>;
type MessageItem = ReturnType<typeof messageItem>;
type CallItem = ReturnType<typeof callItem>;

function response(spoken: Spoken) {
  const cut = spoken.finish === "length";
  return {
    id: spoken.id,
    object: "response",
    created_at: 0,
    model: spoken.model,
    status: cut ? "incomplete" : "completed",
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    error: null,
    output: items(spoken),
    usage: usage(spoken),
  };
}

function items(spoken: Spoken): readonly Item[] {
  const message = spoken.text === "" && spoken.refusal === null ? [] : [messageItem(spoken)];
  return [...message, ...spoken.calls.map((_, index) => callItem(spoken, index))];
}

function messageItem({ id, text, refusal }: Spoken) {
  const part = refusal === null ? { type: "output_text", text, annotations: [] } : { type: "refusal", refusal };
  return { type: "message" as const, id: `msg-${id}`, role: "assistant", status: "completed", content: [part] };
}

function callItem({ id, calls }: Spoken, index: number) {
  const call = calls[index];
  return {
    type: "function_call" as const,
    id: `fc-${id}-${index}`,
    call_id: `call-${id}-${index}`,
    name: call?.name ?? "",
    arguments: call ? argumentText(call) : "{}",
    status: "completed",
  };
}

function messageEvents({ text, refusal }: Spoken, item: MessageItem, output_index: number): readonly ServerEvent[] {
  const at = { output_index, content_index: 0, item_id: item.id };
  const delta = refusal === null ? "response.output_text.delta" : "response.refusal.delta";
  return [
    event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } }),
    ...pieces(refusal ?? text).map((piece) => event(delta, { ...at, delta: piece })),
    event("response.output_item.done", { output_index, item }),
  ];
}

function callEvents(item: CallItem, output_index: number): readonly ServerEvent[] {
  return [
    event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } }),
    event("response.function_call_arguments.delta", { output_index, item_id: item.id, delta: item.arguments }),
    event("response.function_call_arguments.done", { output_index, item_id: item.id, arguments: item.arguments }),
    event("response.output_item.done", { output_index, item }),
  ];
}

function event(type: string, fields: object): ServerEvent {
  return { event: type, data: { type, ...fields } };
}

function usage({ usage: { input, output, cacheRead, cacheWrite } }: Spoken) {
  const prompt = input + cacheRead + cacheWrite;
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: prompt + output,
  };
}
