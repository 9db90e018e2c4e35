import { z } from "zod";
import { decimal } from "../../core/decimal.ts";

const number = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .max(80)
  .transform(decimal);
const oid = z.int().nonnegative();
const cloid = z
  .string()
  .regex(/^0x[0-9a-fA-F]{32}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`);

/** What became of one order of a batch. */
export const orderEntry = z.union([
  z.object({ resting: z.object({ oid, cloid: cloid.optional() }) }),
  z.object({ filled: z.object({ totalSz: number, avgPx: number, oid, cloid: cloid.optional() }) }),
  z.object({ error: z.string() }),
  z.literal("waitingForFill"),
  z.literal("waitingForTrigger"),
]);
export type OrderEntry = z.infer<typeof orderEntry>;

/** What became of one cancel of a batch. */
export const cancelEntry = z.union([z.literal("success"), z.object({ error: z.string() })]);
export type CancelEntry = z.infer<typeof cancelEntry>;

const answer = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("ok"),
    response: z.union([
      z.object({
        type: z.enum(["order", "cancel"]),
        data: z.object({ statuses: z.array(z.union([orderEntry, cancelEntry])) }),
      }),
      z.object({ type: z.literal("default") }),
    ]),
  }),
  z.object({ status: z.literal("err"), response: z.string() }),
]);

/** The venue's answer to an action. */
export type ExchangeAnswer =
  | { readonly kind: "statuses"; readonly statuses: readonly (OrderEntry | CancelEntry)[] }
  | { readonly kind: "done" }
  /** The whole action was refused: nothing of it happened. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Reads the answer of `/exchange`; null for one that is not of the venue's form, which says nothing about what
 * happened. A batch may come back with fewer statuses than it has orders: one error then stands for all.
 */
export function readExchangeAnswer(body: unknown): ExchangeAnswer | null {
  const read = answer.safeParse(body);
  if (!read.success) return null;
  if (read.data.status === "err") return { kind: "refused", reason: read.data.response };
  const { response } = read.data;
  return "data" in response ? { kind: "statuses", statuses: response.data.statuses } : { kind: "done" };
}
