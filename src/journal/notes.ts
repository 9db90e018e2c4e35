import { z } from "zod";
import { decimal } from "../core/decimal.ts";

/** An amount that the agent side wrote. */
const amount = z
  .string()
  .regex(/^-?\d{1,80}(\.\d{1,80})?$/)
  .transform(decimal);
const line = z.string().transform((text) => text.slice(0, 2_000));

/** What the agent saw at an instant: what it holds of each asset, and at what price. Other keys are the venue's. */
export const observedNote = z.object({
  kind: z.literal("observed"),
  seen: z.object({
    value_usd: amount.nullable(),
    holdings: z.array(
      z.object({
        account: line,
        asset: line,
        amount,
        price_usd: amount.nullable(),
        value_usd: amount.nullable(),
        weight: amount.nullable(),
        role: line,
      }),
    ),
  }),
});

/** What was decided, by whom, and why. */
export const decidedNote = z.object({
  kind: z.literal("decided"),
  by: line,
  because: line,
  decision: z.looseObject({
    kind: line,
    why: line.optional(),
    code: line.optional(),
    targets: z.array(z.object({ account: line, asset: line, weight: amount })).optional(),
    intents: z.array(z.unknown()).optional(),
  }),
});

/** What was planned of it: steps in their order, and what is left out or made smaller. */
export const plannedNote = z.object({
  kind: z.literal("planned"),
  plan: z.object({
    line,
    cost_usd: amount,
    steps: z.array(z.object({ reason: line, value_usd: amount.nullable(), cost_usd: amount.nullable() })),
    skipped: z.array(z.object({ asset: line, reason: line, detail: line })),
    clipped: z.array(z.object({ asset: line, reason: line, wanted_usd: amount, planned_usd: amount })),
  }),
});

/** A plan that could not be made. */
export const unplannedNote = z.object({ kind: z.literal("planned"), error: z.looseObject({ message: line }) });

/** An intent for which there are no bytes. */
export const unsayableNote = z.object({ kind: z.literal("unsayable"), error: z.looseObject({ message: line }) });
