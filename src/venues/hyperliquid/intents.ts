import { z } from "zod";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { type Hex, lower } from "../../core/hex.ts";
import { type AssetId, assetId, type ChainLabel } from "../../protocols/effects.ts";
import { IntentError } from "../venue.ts";

const positive = (what: string) =>
  z
    .string()
    .regex(/^\d{1,20}(\.\d{1,18})?$/, `write ${what} as plain digits`)
    .transform((text): Decimal => decimal(text))
    .refine((value) => !value.isZero(), `${what} must be more than zero`);
const size = positive("a size in whole coins");
const price = positive("a price in USD");
/** "BTC:perp", "HYPE:spot", or with the venue's label before it. */
const market = z
  .string()
  .regex(/^([^/\s]+\/)?[^/\s]+:(perp|spot)$/, 'write a market as "BTC:perp" or "BTC:spot"')
  .transform((text) => text as AssetId);
/** An own account's label. Left out: the mandate's first account. */
const account = z.string().min(1).exactOptional();

const order = z
  .strictObject({
    kind: z.literal("order"),
    account,
    market,
    side: z.enum(["buy", "sell"]),
    /** Exactly one of the three: whole coins, USD, or a share of the portfolio's value. */
    size: size.exactOptional(),
    usd: positive("an amount in USD").exactOptional(),
    share: positive("a share of one").exactOptional(),
    type: z.enum(["market", "limit"]),
    /** The worst price that it may fill at. With "limit" only. */
    price: price.exactOptional(),
    /** Must not make the position larger or turn it round. */
    reduce_only: z.boolean().default(false),
    /** How long a limit order stands: until it is cancelled, not at all, or only if it does not trade at once. */
    tif: z.enum(["gtc", "ioc", "alo"]).exactOptional(),
  })
  .refine(
    (one) => [one.size, one.usd, one.share].filter((given) => given !== undefined).length === 1,
    "give exactly one of size, usd and share",
  )
  .refine((one) => (one.type === "limit") === (one.price !== undefined), "a limit order has a price, a market order none")
  .refine((one) => one.type === "limit" || one.tif === undefined, "a market order has no tif");

const protective = { account, market, trigger: price, size: size.exactOptional() };

/** All that can be wanted of Hyperliquid. Sizes are in whole coins; left out, all that is held. */
export const hyperliquidIntentSchema = z.discriminatedUnion("kind", [
  order,
  z.strictObject({ kind: z.literal("close"), account, market, size: size.exactOptional() }),
  z.strictObject({
    kind: z.literal("cancel"),
    account,
    market,
    /** The venue's number of the order. Left out: every order of the market. */
    order: z.int().nonnegative().exactOptional(),
    cloid: z
      .string()
      .regex(/^0x[0-9a-fA-F]{32}$/, "write a cloid as 0x and 32 hexadecimal digits")
      .transform((text): Hex => lower(text as Hex))
      .exactOptional(),
  }),
  /** Closes when the market has gone against the position as far as `trigger`, within the slippage of it. */
  z.strictObject({ kind: z.literal("stop"), ...protective }),
  /** Closes when the market has come as far as `trigger` in the position's favour. */
  z.strictObject({ kind: z.literal("take_profit"), ...protective }),
  z.strictObject({
    kind: z.literal("set_leverage"),
    account,
    market,
    leverage: z.int().min(1).max(1_000),
    margin: z.enum(["isolated", "cross"]),
  }),
  z.strictObject({ kind: z.literal("transfer"), account, usd: positive("an amount in USD"), to: z.enum(["spot", "perp"]) }),
]);

export type HyperliquidIntent = z.output<typeof hyperliquidIntentSchema>;
export type OrderIntent = Extract<HyperliquidIntent, { kind: "order" }>;
export type ProtectiveIntent = Extract<HyperliquidIntent, { kind: "stop" | "take_profit" }>;

/** Kinds that say their side themselves. */
const SIDES: readonly string[] = ["buy", "sell"];

/**
 * Reads an intent from untrusted JSON. Kinds may be written in capitals and with hyphens; `buy` and `sell` are orders of
 * that side; a key that is null counts as left out; a market's name gets the venue's label where it has none.
 *
 * @throws {IntentError}
 */
export function readHyperliquidIntent(item: unknown, label: ChainLabel): HyperliquidIntent {
  const read = hyperliquidIntentSchema.safeParse(withPlainKind(item));
  if (!read.success) {
    const first = read.error.issues[0];
    const where = first && first.path.length > 0 ? `${first.path.join(".")}: ` : "";
    throw new IntentError("NOT_AN_INTENT", `${where}${first?.message ?? "not an intent"}`, "See docs/intents.md.");
  }
  const intent = read.data;
  if (!("market" in intent) || intent.market.includes("/")) return intent;
  return { ...intent, market: assetId(label, intent.market) };
}

function withPlainKind(item: unknown): unknown {
  if (typeof item !== "object" || item === null || !("kind" in item) || typeof item.kind !== "string") return item;
  const kind = item.kind.toLowerCase().replaceAll("-", "_");
  if (kind === "hold") {
    throw new IntentError("NOT_AN_INTENT", "to hold is a decision, not an intent", 'Answer "hold", or leave the item out.');
  }
  // A form in which every key has to stand says null of what is left out.
  const given = Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
  return SIDES.includes(kind) ? { ...given, kind: "order", side: kind } : { ...given, kind };
}
