import type { ScriptedMessage, ScriptedRequest, ScriptedToolCall, Turn, TurnUsage } from "./turn.ts";

/** A turn that ends in an answer of some kind, before it is put in an api's own form. */
export interface Spoken {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly calls: readonly ScriptedToolCall[];
  readonly refusal: string | null;
  readonly finish: "stop" | "length" | "tools" | "refusal";
  readonly usage: Required<TurnUsage>;
}

type SpokenTurn = Extract<
  Turn,
  { kind: "answer" | "prose" | "broken" | "refusal" | "tools" | "cut" | "stall" | "drop" | "trickle" }
>;

/** What is said for a turn. Ids are counted, tokens are counted from bytes: nothing comes from a clock or from chance. */
export function spoken(request: ScriptedRequest, turn: SpokenTurn): Spoken {
  const said = say(request, turn);
  const prompt = [request.system, ...request.messages.map(wordsOf), ...toolsOf(request)].join("\n");
  const output = said.text + (said.refusal ?? "") + (said.calls.length === 0 ? "" : JSON.stringify(said.calls));
  const stated: TurnUsage = "usage" in turn && turn.usage ? turn.usage : {};
  return {
    id: `scripted-${request.n}`,
    model: request.model,
    ...said,
    usage: { input: tokens(prompt), output: tokens(output), cacheRead: 0, cacheWrite: 0, ...stated },
  };
}

function wordsOf({ text, calls = [] }: ScriptedMessage): string {
  return calls.length === 0 ? text : `${text}${JSON.stringify(calls)}`;
}

/** Tools that are offered are read with every request, schemas and all. */
function toolsOf({ body }: ScriptedRequest): readonly string[] {
  return Array.isArray(body.tools) && body.tools.length > 0 ? [JSON.stringify(body.tools)] : [];
}

function say(request: ScriptedRequest, turn: SpokenTurn): Pick<Spoken, "text" | "calls" | "refusal" | "finish"> {
  const plain = { calls: [], refusal: null, finish: "stop" } as const;
  switch (turn.kind) {
    case "answer": {
      const { forcedTool } = request;
      if (forcedTool !== null && isObject(turn.value)) {
        return { text: "", calls: [{ name: forcedTool, arguments: turn.value }], refusal: null, finish: "tools" };
      }
      return { ...plain, text: asText(turn.value) };
    }
    case "broken":
      return { ...plain, text: asText(turn.value).trimEnd().slice(0, -1) };
    case "prose":
    case "trickle":
      return { ...plain, text: turn.text };
    case "stall":
    case "drop":
      return { ...plain, text: turn.text ?? '{"' };
    case "cut":
      return { ...plain, text: turn.text, finish: "length" };
    case "refusal":
      return { text: "", calls: [], refusal: turn.text ?? "I cannot help with that.", finish: "refusal" };
    case "tools":
      return { text: turn.text ?? "", calls: turn.calls, refusal: null, finish: "tools" };
  }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

function tokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, "utf8") / 4);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
