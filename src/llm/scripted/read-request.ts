import type { ModelApi } from "../model-port.ts";
import type { ScriptedMessage, ScriptedRequest } from "./turn.ts";

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
  const messages = turns.flatMap(readMessage);
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

function readMessage(turn: Body): readonly ScriptedMessage[] {
  if (turn.type === "function_call_output") return [{ role: "tool", text: text(turn.output) }];
  if (turn.role === "tool") return [{ role: "tool", text: text(turn.content) }];
  if (turn.role === "user") {
    // messages carries tool results in a turn of the user
    const results = list(turn.content).filter((part) => part.type === "tool_result");
    if (results.length > 0) return results.map((part) => ({ role: "tool", text: text(part.content) }));
  }
  if (turn.role === "user" || turn.role === "assistant") return [{ role: turn.role, text: text(turn.content) }];
  return [];
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
