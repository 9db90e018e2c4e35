import { expect, test } from "vitest";
import { z } from "zod";
import { decimal } from "../core/decimal.ts";
import { answerSchema, withoutBounds } from "./answer-schema.ts";

const kinds = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("a") }),
  z.object({ kind: z.literal("b"), minimum: z.number().min(1).max(9) }),
]);

test("objects are closed, unions are anyOf, and the model writes the input side of a transform", () => {
  const schema = answerSchema(
    z.object({ amount: z.string().transform((text) => decimal(text)), kinds: z.array(kinds).nullable() }),
  );
  expect(schema).toEqual({
    type: "object",
    properties: {
      amount: { type: "string" },
      kinds: {
        anyOf: [
          {
            type: "array",
            items: {
              anyOf: [
                {
                  type: "object",
                  properties: { kind: { type: "string", const: "a" } },
                  required: ["kind"],
                  additionalProperties: false,
                },
                {
                  type: "object",
                  properties: { kind: { type: "string", const: "b" }, minimum: { type: "number", minimum: 1, maximum: 9 } },
                  required: ["kind", "minimum"],
                  additionalProperties: false,
                },
              ],
            },
          },
          { type: "null" },
        ],
      },
    },
    required: ["amount", "kinds"],
    additionalProperties: false,
  });
});

test("bounds go, properties that are named like bounds stay", () => {
  const text = JSON.stringify(withoutBounds(answerSchema(kinds)));
  expect(text).toContain('"minimum":{"type":"number"}');
  expect(text).not.toContain("maximum");
});
