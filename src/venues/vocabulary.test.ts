import { expect, test } from "vitest";
import { z } from "zod";
import { intentForms } from "./vocabulary.ts";

const schema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("buy"),
    market: z.string().regex(/^[A-Z]+$/),
    size: z.union([z.string(), z.literal("all")]).optional(),
    parts: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal("hidden") }),
]);

test("an intent's form has every key required, what may be left out nullable, and maps without fixed keys left out", () => {
  expect(intentForms(schema.options, { buy: "buys" })).toEqual([
    {
      kind: "buy",
      says: "buys",
      form: {
        type: "object",
        properties: {
          kind: { type: "string", const: "buy" },
          market: { type: "string" },
          size: { anyOf: [{ anyOf: [{ type: "string" }, { type: "string", const: "all" }] }, { type: "null" }] },
        },
        required: ["kind", "market", "size"],
        additionalProperties: false,
      },
    },
  ]);
});
