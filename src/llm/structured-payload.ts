import { type JsonSchema, withoutBounds } from "./answer-schema.ts";
import type { ModelApi } from "./model-port.ts";

/**
 * How the answer's shape is asked for: the api's own structured output, one tool that must be called, or in words
 * with a tolerant parser behind.
 */
export type Structured = "native" | "tool" | "none";

type Payload = Readonly<Record<string, unknown>>;

/** Adds the wanted shape to a request body, in the api's own terms. */
export function structuredPayload(
  api: ModelApi,
  structured: Structured,
  payload: Payload,
  name: string,
  schema: JsonSchema,
): Payload {
  switch (structured) {
    case "native":
      return native(api, payload, name, schema);
    case "tool":
      return forcedTool(api, payload, name, schema);
    case "none":
      return payload;
  }
}

/** What the system prompt says when the api is not told the shape. */
export function inWords(schema: JsonSchema): string {
  return `Answer with one JSON object and nothing else. It must be valid under this JSON Schema:\n${JSON.stringify(schema)}`;
}

function native(api: ModelApi, payload: Payload, name: string, schema: JsonSchema): Payload {
  switch (api) {
    case "chat":
      return { ...payload, response_format: { type: "json_schema", json_schema: { name, strict: true, schema } } };
    case "responses":
      return { ...payload, text: { ...asObject(payload.text), format: { type: "json_schema", name, strict: true, schema } } };
    case "messages": {
      const format = { type: "json_schema", schema: withoutBounds(schema) };
      return { ...payload, output_config: { ...asObject(payload.output_config), format } };
    }
  }
}

function forcedTool(api: ModelApi, payload: Payload, name: string, schema: JsonSchema): Payload {
  const description = "Give the answer.";
  switch (api) {
    case "chat": {
      const tool = { type: "function", function: { name, description, strict: true, parameters: schema } };
      return { ...payload, tools: [tool], tool_choice: { type: "function", function: { name } } };
    }
    case "responses": {
      const tool = { type: "function", name, description, strict: true, parameters: schema };
      return { ...payload, tools: [tool], tool_choice: { type: "function", name } };
    }
    case "messages":
      return { ...payload, tools: [{ name, description, input_schema: schema }], tool_choice: { type: "tool", name } };
  }
}

function asObject(value: unknown): Payload {
  return typeof value === "object" && value !== null ? (value as Payload) : {};
}
