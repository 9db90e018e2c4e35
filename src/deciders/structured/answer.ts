import { z } from "zod";

const targetItem = z.strictObject({
  account: z.string(),
  asset: z.string(),
  weight: z.string().describe('share of portfolio value as a plain decimal: "0.25" is a quarter'),
});

const intentItem = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("swap"),
    sell: z.string(),
    buy: z.string(),
    amount: z.string().describe('whole tokens of what is sold, or "all"'),
  }),
  z.strictObject({
    kind: z.literal("transfer"),
    asset: z.string(),
    to: z.string(),
    amount: z.string().describe('whole tokens, or "all"'),
  }),
  z.strictObject({
    kind: z.literal("approve"),
    asset: z.string(),
    spender: z.string(),
    amount: z.string().describe('whole tokens, or "unlimited"'),
  }),
  z.strictObject({ kind: z.literal("call"), chain: z.string(), to: z.string(), data: z.string(), value: z.string() }),
]);

/**
 * A model's answer. Providers are shown the items' exact shape; when reading, each item is judged on its own,
 * so that one bad item does not hide what the rest says.
 */
export const answerSchema = z.strictObject({
  decision: z.enum(["hold", "targets", "intents"]),
  why: z.string(),
  targets: itemsLike(targetItem).nullable(),
  intents: itemsLike(intentItem).nullable(),
});

export type ModelAnswer = z.output<typeof answerSchema>;

function itemsLike(item: z.ZodType) {
  const { $schema: _, ...items } = z.toJSONSchema(item, { io: "input" });
  return z.array(z.unknown()).meta({ items });
}
