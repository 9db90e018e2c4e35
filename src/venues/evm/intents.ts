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
const pool = z
  .string()
  .regex(/^[^/\s]+\/[^/\s]+$/, 'write a pool as "chain/LABEL"')
  .transform((text) => text as AssetId);
const position = z
  .string()
  .regex(/^[^/\s]+\/lp:[^:/\s]+:\d{1,78}$/, 'write a position as it is in the holdings: "chain/lp:contract:42"')
  .transform((text) => text as AssetId);
const share = amount.refine((value) => value.gt(0) && value.lte(1), 'write a share of the position above "0" and up to "1"');
const percent = amount.refine((value) => value.gt(0) && value.lt(100), 'write percent above "0" and below "100"');
const bps = amount.refine((value) => value.lt(10_000), 'write basis points below "10000"');
/** What may go in at most: of each token by symbol, or in all. One of the two; never more than is held. */
const size = {
  amounts: z.record(z.string(), z.union([amount, z.literal("all")])).optional(),
  value_usd: amount.optional(),
};
/** How far below the pinned price the minimums may stand, together. Left out: the mandate's slippage. */
const slippage = { slippage_bps: bps.optional() };
const oneSize = (wanted: { readonly amounts?: unknown; readonly value_usd?: unknown }) =>
  (wanted.amounts === undefined) !== (wanted.value_usd === undefined);
const ONE_SIZE = 'give "amounts" or "value_usd", one of the two';

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
  z
    .strictObject({
      kind: z.literal("lp_open"),
      account,
      pool,
      /** Percent either side of the pinned price. Instead of it: both ends, in the pool's second token for one of its first. */
      range_pct: percent.optional(),
      lower: amount.optional(),
      upper: amount.optional(),
      ...size,
      ...slippage,
    })
    .refine(
      ({ range_pct, lower: from, upper }) =>
        range_pct === undefined ? from !== undefined && upper !== undefined : from === undefined && upper === undefined,
      'give "range_pct", or "lower" and "upper"',
    )
    .refine(oneSize, ONE_SIZE),
  z.strictObject({ kind: z.literal("lp_increase"), account, position, ...size, ...slippage }).refine(oneSize, ONE_SIZE),
  /** Takes liquidity out and collects everything that is owed; a position that is closed whole is burnt. */
  z.strictObject({ kind: z.literal("lp_close"), account, position, share: share.optional(), ...slippage }),
  z.strictObject({ kind: z.literal("lp_collect_fees"), account, position }),
  /** Amounts are of what the vault holds, not of its shares. */
  z.strictObject({ kind: z.literal("vault_deposit"), account, vault: asset, amount: z.union([amount, z.literal("all")]) }),
  z.strictObject({ kind: z.literal("vault_redeem"), account, vault: asset, amount: z.union([amount, z.literal("all")]) }),
  z.strictObject({ kind: z.literal("call"), account, chain: z.string(), to: address, data: bytes, value: amount }),
]);

export type EvmIntent = z.output<typeof evmIntentSchema>;
export type EvmSwap = Extract<EvmIntent, { kind: "swap" }>;
export type LiquidityIntent = Extract<EvmIntent, { kind: "lp_open" | "lp_increase" | "lp_close" | "lp_collect_fees" }>;
export type VaultIntent = Extract<EvmIntent, { kind: "vault_deposit" | "vault_redeem" }>;

/** Other spellings of a kind. Beside them, any kind may be written in capitals. */
const ALIASES: Readonly<Record<string, string>> = { wrap_native: "wrap", unwrap_native: "unwrap" };

/**
 * Reads an intent from untrusted JSON. Kinds may be written in capitals too, and WRAP_NATIVE and UNWRAP_NATIVE for wrap
 * and unwrap; a key that is null counts as left out.
 *
 * @throws {IntentError}
 */
export function readEvmIntent(item: unknown): EvmIntent {
  const read = evmIntentSchema.safeParse(withPlainKind(item));
  if (read.success) return read.data;
  const first = read.error.issues[0];
  const where = first && first.path.length > 0 ? `${first.path.join(".")}: ` : "";
  throw new IntentError("NOT_AN_INTENT", `${where}${first?.message ?? "not an intent"}`, "See docs/intents.md.");
}

function withPlainKind(item: unknown): unknown {
  if (typeof item !== "object" || item === null || !("kind" in item) || typeof item.kind !== "string") return item;
  const kind = /^[A-Z_]+$/.test(item.kind) ? item.kind.toLowerCase() : item.kind;
  if (kind === "hold") {
    throw new IntentError("NOT_AN_INTENT", "to hold is a decision, not an intent", 'Answer "hold", or leave the item out.');
  }
  // A form in which every key has to stand says null of what is left out.
  const given = Object.entries(item).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), kind: Object.hasOwn(ALIASES, kind) ? ALIASES[kind] : kind };
}
