import type { ModelApi } from "../model-port.ts";
import type { ScriptedMessage, ScriptedRequest, ScriptedToolCall } from "./turn.ts";

type Body = Readonly<Record<string, unknown>>;

export interface ReadRequestParameters {
  readonly n: number;
  readonly api: ModelApi;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request of any of the three APIs in one form. Fields of the wrong kind read as empty. */
export function readRequest({ n, api, body, headers }: ReadRequestParameters): ScriptedRequest {
  const turns = list(body[api === "responses" ? "input" : "messages"]);
  const system = [
    text(body.system),
    text(body.instructions),
    ...turns.filter((turn) => turn.role === "system" || turn.role === "developer").map((turn) => text(turn.content)),
  ];
  const named = new Map(turns.flatMap(callsIn).map(({ id, call }) => [id, call.name]));
  const messages = turns.flatMap((turn) => readMessage(turn, named));
  return {
    n,
    api,
    model: text(body.model),
    system: system.filter((part) => part !== "").join("\n\n"),
    prompt: messages.findLast(({ role }) => role === "user")?.text ?? "",
    messages,
    tools: list(body.tools).map((tool) => ({
      name: toolName(tool),
      description: text(object(tool.function).description ?? tool.description),
    })),
    forcedTool: toolName(object(body.tool_choice)) || null,
    schemaName: schemaName(body),
    streamed: body.stream === true,
    body,
    headers,
  };
}

function readMessage(turn: Body, named: ReadonlyMap<string, string>): readonly ScriptedMessage[] {
  const result = (id: unknown, said: unknown): ScriptedMessage => {
    const tool = named.get(text(id));
    return { role: "tool", text: text(said), ...(tool === undefined ? {} : { tool }) };
  };
  if (turn.type === "function_call") return [{ role: "assistant", text: "", calls: callsIn(turn).map(({ call }) => call) }];
  if (turn.type === "function_call_output") return [result(turn.call_id, turn.output)];
  if (turn.role === "tool") return [result(turn.tool_call_id, turn.content)];
  if (turn.role === "user") {
    // messages carries tool results in a turn of the user
    const results = list(turn.content).filter((part) => part.type === "tool_result");
    const rest = results.length > 0 ? text(list(turn.content).filter((part) => part.type !== "tool_result")) : text(turn.content);
    const said: readonly ScriptedMessage[] = results.length > 0 && rest === "" ? [] : [{ role: "user", text: rest }];
    return [...results.map((part) => result(part.tool_use_id, part.content)), ...said];
  }
  if (turn.role !== "assistant") return [];
  const calls = callsIn(turn).map(({ call }) => call);
  const said = list(turn.content).filter((part) => part.type !== "tool_use");
  const words = typeof turn.content === "string" ? turn.content : text(said);
  return [{ role: "assistant", text: words, ...(calls.length === 0 ? {} : { calls }) }];
}

/** The tool calls of one turn, in whichever form. */
function callsIn(turn: Body): readonly { readonly id: string; readonly call: ScriptedToolCall }[] {
  if (turn.type === "function_call")
    return [{ id: text(turn.call_id), call: { name: text(turn.name), arguments: readArguments(turn.arguments) } }];
  if (turn.role !== "assistant") return [];
  return [
    ...list(turn.tool_calls).map((one) => ({
      id: text(one.id),
      call: { name: toolName(one), arguments: readArguments(object(one.function).arguments) },
    })),
    ...list(turn.content)
      .filter(({ type }) => type === "tool_use")
      .map((one) => ({ id: text(one.id), call: { name: text(one.name), arguments: object(one.input) } })),
  ];
}

/** Arguments travel as a text of JSON; one that is none stays a text. */
function readArguments(value: unknown): ScriptedToolCall["arguments"] {
  try {
    return object(JSON.parse(text(value)));
  } catch (error) {
    if (error instanceof SyntaxError) return text(value);
    throw error;
  }
}

function schemaName(body: Body): string | null {
  const chat = object(body.response_format);
  if (chat.type === "json_schema") return text(object(chat.json_schema).name) || "answer";
  const responses = object(object(body.text).format);
  if (responses.type === "json_schema") return text(responses.name) || "answer";
  const messages = object(object(body.output_config).format);
  if (messages.type === "json_schema") return "answer";
  return toolName(object(body.tool_choice)) || null;
}

function toolName(tool: Body): string {
  return text(object(tool.function).name ?? tool.name);
}

/** The text of a string, or of a list of parts. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  return list(value)
    .map((part) => text(part.text ?? part.content))
    .join("");
}

function list(value: unknown): readonly Body[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function object(value: unknown): Body {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : {};
}
