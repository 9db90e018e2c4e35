import { z } from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A zod schema's input side as the JSON Schema that providers take for structured output: unions as `anyOf`,
 * no further properties. What cannot be said in JSON Schema is left open; the answer is validated by zod anyway.
 */
export function answerSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...plain } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", target: "draft-2020-12" });
  return closed(plain) as JsonSchema;
}

const UNKNOWN_TO_ANTHROPIC = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
]);

/** Anthropic's structured output refuses bounds; zod still checks them. */
export function withoutBounds(schema: JsonSchema): JsonSchema {
  return mapSchema(schema, (node) =>
    Object.fromEntries(
      Object.entries(node).filter(([key, value]) => !UNKNOWN_TO_ANTHROPIC.has(key) || typeof value !== "number"),
    ),
  ) as JsonSchema;
}

function closed(schema: unknown): unknown {
  return mapSchema(schema, (node) => {
    const open = node.type === "object" && "properties" in node && !("additionalProperties" in node);
    const shut = open ? { ...node, additionalProperties: false } : node;
    if (!Array.isArray(shut.oneOf)) return shut;
    const { oneOf, ...rest } = shut;
    return { ...rest, anyOf: oneOf };
  });
}

/** Applies `change` to every object in a schema, innermost first. */
function mapSchema(value: unknown, change: (node: Record<string, unknown>) => Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => mapSchema(item, change));
  if (typeof value !== "object" || value === null) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapSchema(item, change)])));
}
