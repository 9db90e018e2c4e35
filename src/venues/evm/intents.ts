import { z } from "zod";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import type { AssetId } from "../../protocols/effects.ts";
import { IntentError } from "../venue.ts";

const amount = z
  .string()
  .regex(/^\d{1,40}(\.\d{1,40})?$/, "write an amount in whole tokens as plain digits")
  .transform((text): Decimal => decimal(text));
const asset = z
  .string()
  .regex(/^[^/\s]+\/[^/\s]+$/, 'write an asset as "chain/SYMBOL"')
  .transform((text) => text as AssetId);
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "write an address as 0x and 40 hexadecimal digits")
  .transform((text): Address => lower(text as Address));
const bytes = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, "write bytes as 0x and pairs of hexadecimal digits")
  .transform((text): Hex => lower(text as Hex));
/** An own account's label. Left out: the mandate's first account. */
const account = z.string().min(1).optional();

/** All that can be wanted of an EVM chain. Amounts are in whole tokens; "all" is what is held. */
export const evmIntentSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("swap"),
    account,
    sell: asset,
    buy: asset,
    amount: z.union([amount, z.literal("all")]),
    /** The least that must come back. Left out: the pinned price less the mandate's slippage. */
    floor: amount.optional(),
  }),
  z.strictObject({ kind: z.literal("wrap"), account, chain: z.string(), amount: z.union([amount, z.literal("all")]) }),
  z.strictObject({ kind: z.literal("unwrap"), account, chain: z.string(), amount: z.union([amount, z.literal("all")]) }),
  z.strictObject({ kind: z.literal("transfer"), account, asset, to: address, amount: z.union([amount, z.literal("all")]) }),
  z.strictObject({
    kind: z.literal("approve"),
    account,
    asset,
    spender: address,
    amount: z.union([amount, z.literal("unlimited")]),
  }),
  z.strictObject({ kind: z.literal("revoke"), account, asset, spender: address }),
  z.strictObject({ kind: z.literal("call"), account, chain: z.string(), to: address, data: bytes, value: amount }),
]);

export type EvmIntent = z.output<typeof evmIntentSchema>;
export type EvmSwap = Extract<EvmIntent, { kind: "swap" }>;

/**
 * Reads an intent from untrusted JSON.
 *
 * @throws {IntentError}
 */
export function readEvmIntent(item: unknown): EvmIntent {
  const read = evmIntentSchema.safeParse(item);
  if (read.success) return read.data;
  const first = read.error.issues[0];
  const where = first && first.path.length > 0 ? `${first.path.join(".")}: ` : "";
  throw new IntentError(
    "NOT_AN_INTENT",
    `${where}${first?.message ?? "not an intent"}`,
    "See docs for the intents of an EVM chain.",
  );
}
