import { z } from "zod";
import { decimal } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { Prices } from "../../protocols/effects.ts";

const amount = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .transform((text) => decimal(text));

const prices = z.record(
  z.custom<keyof Prices>((value) => typeof value === "string" && value.includes("/")),
  z.union([
    z.strictObject({ usd: amount, error_bps: amount, at: z.number().int() }),
    z.strictObject({
      missing: z.enum(["PRICE_UNKNOWN", "PRICE_STALE", "PEG_BROKEN"]),
      reason: z.string(),
      last_usd: amount.exactOptional(),
    }),
  ]),
) satisfies z.ZodType<Prices>;

/** Prices as they were journaled with a verdict; undefined where they are none. */
export function pricesFromJson(json: Json | undefined): Prices | undefined {
  return prices.safeParse(json).data;
}
