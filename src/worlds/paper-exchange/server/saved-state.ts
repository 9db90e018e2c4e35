import { z } from "zod";
import { MandateError } from "../../../core/errors.ts";

const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform((text) => text as `0x${string}`);

/** What a paper exchange is saved as. */
const savedState = z.strictObject({
  version: z.literal(1),
  /** The market and the exchange in it, in their own form. */
  market: z.unknown(),
  wallets: z.array(z.strictObject({ address, master: address, name: z.string(), validUntil: z.int() })),
  nonces: z.array(z.tuple([address, z.array(z.int())])),
  quotas: z.array(z.tuple([address, z.strictObject({ used: z.int(), last: z.int() })])),
  equity: z.array(
    z.tuple([
      address,
      z.array(z.strictObject({ at: z.int(), total: z.string(), perp: z.string(), paidIn: z.string(), volume: z.string() })),
    ]),
  ),
});
export type SavedState = z.infer<typeof savedState>;

/** What was given as a saved state is none, or one of another release. */
export class SavedStateError extends MandateError {
  constructor(cause: unknown) {
    super("PAPER_EXCHANGE_STATE", "this is no saved state of the paper exchange, or one of another release", {
      remedy: "Start without it, from the seed.",
      cause,
    });
  }
}

/** @throws {SavedStateError} */
export function readSavedState(value: unknown): SavedState {
  const read = savedState.safeParse(value);
  if (!read.success) throw new SavedStateError(read.error);
  return read.data;
}
