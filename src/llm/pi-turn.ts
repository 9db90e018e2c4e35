import type { AssistantMessage, AssistantMessageEvent } from "@earendil-works/pi-ai";
import type { Adaptations } from "./adaptations.ts";
import type { TurnAnswer, TurnRequest } from "./model-turn.ts";
import { type PiModelOptions, PiRounds } from "./pi-rounds.ts";

/** One turn of a conversation with tools, on pi-ai. */
export async function piTurn(options: PiModelOptions, adaptations: Adaptations, request: TurnRequest): Promise<TurnAnswer> {
  const { system, messages, tools, most, reserve, onText, signal } = request;
  const rounds = new PiRounds(options, adaptations, most);
  const written = new Map<number, string>();
  const round = await rounds.within(signal, (within) =>
    rounds.round(
      {
        kind: "first",
        messages,
        tools,
        reserve,
        system: () => system,
        shape: (payload) => payload,
        heard: {
          begin: () => written.clear(),
          event: (event) => {
            if (event.type === "text_delta") onText?.(event.delta);
            else if (isCall(event)) written.set(event.contentIndex, (written.get(event.contentIndex) ?? "") + event.delta);
          },
        },
      },
      within,
    ),
  );
  const { message } = round;
  const usable = round.ok || round.code === "MODEL_LENGTH";
  if (!message || !usable) {
    const told = round.ok ? { code: "MODEL_ERROR" as const, detail: "the answer has no message" } : rounds.told(round);
    return { ok: false, ...told, calls: rounds.calls };
  }
  const kept = withoutKey(message, rounds);
  return { ok: true, message: kept, malformed: malformedCalls(kept, written), calls: rounds.calls };
}

function isCall(event: AssistantMessageEvent): event is Extract<AssistantMessageEvent, { type: "toolcall_delta" }> {
  return event.type === "toolcall_delta";
}

/** pi-ai makes of broken arguments what can be made of them; an amount that was cut is another amount. */
function malformedCalls({ content }: AssistantMessage, written: ReadonlyMap<number, string>): ReadonlySet<string> {
  const broken = content.flatMap((block, index) =>
    block.type === "toolCall" && !isObject(written.get(index) ?? "") ? [block.id] : [],
  );
  return new Set(broken);
}

/** No arguments at all are none. */
function isObject(text: string): boolean {
  if (text.trim() === "") return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function withoutKey(message: AssistantMessage, rounds: PiRounds): AssistantMessage {
  const text = JSON.stringify(message.content);
  const clean = rounds.withoutKey(text);
  return clean === text ? message : { ...message, content: JSON.parse(clean) as AssistantMessage["content"] };
}
