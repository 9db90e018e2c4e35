import { z } from "zod";

const holding = z.looseObject({
  account: z.string(),
  asset: z.string(),
  amount: z.string(),
  /** Share of the portfolio's value, "0.8". */
  weight: z.string().regex(/^-?\d+(\.\d+)?$/),
});

const observation = z.looseObject({
  time: z.string().optional(),
  portfolio_value_usd: z.string().optional(),
  holdings: z.array(holding),
});

/** What the scripted model understands of a prompt's observation. Other fields are passed over. */
export type ReadObservation = z.infer<typeof observation>;
export type ReadHolding = z.infer<typeof holding>;

const BLOCK = /^```json[ \t]*\n([\s\S]*?)\n```[ \t]*$/gm;

/** The last observation in a text: a JSON block between a line "```json" and a line "```" that has `holdings`. */
export function readObservation(text: string): ReadObservation | undefined {
  let found: ReadObservation | undefined;
  for (const [, block] of text.matchAll(BLOCK)) {
    const read = observation.safeParse(asJson(block ?? ""));
    if (read.success) found = read.data;
  }
  return found;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
