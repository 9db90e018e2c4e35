import { z } from "zod";
import { type Decimal, decimal } from "../core/decimal.ts";

const PLAIN = /^\d{1,40}(\.\d{1,40})?$/;

/** An amount as tools take it: plain digits in a text, more than zero. */
export const amount = z
  .string()
  .regex(PLAIN, 'write an amount as plain digits in a text, for example "12.5"')
  .transform((text): Decimal => decimal(text))
  .refine((value) => !value.isZero(), "must be more than zero");

export const amountOrAll = z.union([z.literal("all"), amount]).describe('whole tokens as plain digits, or "all" of what is held');

export const slippageBps = z
  .int()
  .min(1)
  .max(1_000)
  .optional()
  .describe("how far below the pinned price the floor may stand, 1 to 1000 basis points; left out: the mandate's own");

export const dryRun = z.boolean().default(false).describe("true: say what would come of it, sign nothing");

export const token = z
  .string()
  .min(1)
  .max(120)
  .describe("a token of the mandate's book: its symbol, chain/SYMBOL, or its address");

export const chain = z.string().min(1).max(60).optional().describe("a chain's label in the mandate's book; left out: its first");

export const account = z
  .string()
  .min(1)
  .max(60)
  .optional()
  .describe("an own account: its label or address; left out: the wallet");

/** Numbers go out as text: they are exact. */
export const figure = z.string().describe("a decimal number as text");

/** What every tool that moves money answers with. */
export const executed = z.strictObject({
  key: z.string().nullable().describe("the request's key in the journal"),
  done: z.array(z.strictObject({ account: z.string(), asset: z.string(), amount: figure })).describe("what really changed"),
  transactions: z.array(z.strictObject({ hash: z.string(), status: z.string() })),
});

export type Executed = z.input<typeof executed>;
