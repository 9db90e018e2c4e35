import { argumentText, type Form, pieces, type ServerEvent } from "./form.ts";
import type { Spoken } from "./spoken.ts";

const FINISH = { stop: "stop", length: "length", tools: "tool_calls", refusal: "stop" } as const;

/** OpenAI chat completions. */
export const chatForm: Form = {
  whole: (spoken) => ({
    ...head(spoken, "chat.completion"),
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: spoken.refusal === null ? spoken.text : null,
          refusal: spoken.refusal,
          ...(spoken.calls.length === 0 ? {} : { tool_calls: toolCalls(spoken) }),
        },
        finish_reason: FINISH[spoken.finish],
      },
    ],
    usage: usage(spoken),
  }),
  opening: (spoken) => [chunk(spoken, { role: "assistant", content: "" })],
  middle: (spoken) => [
    ...pieces(spoken.text).map((content) => chunk(spoken, { content })),
    ...pieces(spoken.refusal ?? "").map((refusal) => chunk(spoken, { refusal })),
    ...toolCalls(spoken).map((call, index) => chunk(spoken, { tool_calls: [{ index, ...call }] })),
  ],
  closing: (spoken) => [
    chunk(spoken, {}, FINISH[spoken.finish]),
    { data: { ...head(spoken, "chat.completion.chunk"), choices: [], usage: usage(spoken) } },
    { data: "[DONE]" },
  ],
  error: (status, message, type) => ({ error: { message, type, code: status === 404 ? "model_not_found" : null, param: null } }),
};

function head({ id, model }: Spoken, object: string) {
  return { id, object, created: 0, model };
}

function chunk(spoken: Spoken, delta: object, finish_reason: string | null = null): ServerEvent {
  return { data: { ...head(spoken, "chat.completion.chunk"), choices: [{ index: 0, delta, finish_reason }] } };
}

function toolCalls({ id, calls }: Spoken) {
  return calls.map((call, index) => ({
    id: `call-${id}-${index}`,
    type: "function",
    function: { name: call.name, arguments: argumentText(call) },
  }));
}

function usage({ usage: { input, output, cacheRead, cacheWrite } }: Spoken) {
  const prompt = input + cacheRead + cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
  };
}
