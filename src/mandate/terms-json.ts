import { z } from "zod";
import { decimal } from "../core/decimal.ts";
import { MandateError } from "../core/errors.ts";
import { type Address, type Hash, lower } from "../core/hex.ts";
import { hashOf, type Json, toJson } from "../core/json.ts";
import { SIGNATURE_NAMES } from "../protocols/signatures/signature-types.ts";
import { readHours } from "./hours.ts";
import type { Terms } from "./terms.ts";
import { SCALE } from "./warp-routes.ts";

/** Stored terms that are not terms: another version's, or altered. */
export class TermsNotValidError extends MandateError {
  constructor(detail: string) {
    super("TERMS_NOT_VALID", `these are no terms of a mandate: ${detail}`, {
      remedy: "Read the mandate file again: what was stored is altered, or another version's.",
    });
  }
}

/** SHA-256 of the terms' canonical JSON: what is pinned, and what an amendment changes. */
export function termsHash(terms: Terms): Hash {
  return hashOf(terms);
}

/** Terms as plain JSON: decimals as text. */
export function termsToJson(terms: Terms): Json {
  return toJson(terms);
}

/**
 * The terms that {@link termsToJson} wrote. Exactly those keys, in exactly those forms.
 *
 * @throws {TermsNotValidError}
 */
export function termsFromJson(json: unknown): Terms {
  const read = stored.safeParse(json);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new TermsNotValidError(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unreadable"}`);
}

const amount = z
  .string()
  .max(100)
  .regex(/^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/)
  .transform((text) => decimal(text));
const limit = z.union([z.literal("unlimited"), amount]);
const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform((text) => lower(text as Address));
const label = z.string().min(1).max(60);
const span = z.int().positive();
const units = z.record(label, amount);

const names = z.union([z.literal("all"), z.array(z.string().min(1).max(200))]);
const value = z.string().max(2000);
const integer = z.string().regex(/^(?:0|-?[1-9]\d{0,77})$/);
const condition = z.union([
  z.strictObject({ one_of: z.array(value) }),
  z.strictObject({ own: z.literal(true) }),
  z.strictObject({ min: integer.exactOptional(), max: integer.exactOptional() }),
]);
const hours = z
  .string()
  .max(60)
  .refine((text) => readHours(text) !== null, "no time of the week");

const checks = {
  min: amount.exactOptional(),
  max: amount.exactOptional(),
  sequencer: z.strictObject({ address, grace: span }).exactOptional(),
  twap: z.strictObject({ pool: label, window: span, band_bps: amount }).exactOptional(),
};
const feed = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("chainlink"), address, max_age: span, deviation_bps: amount, ...checks }),
  z.strictObject({ kind: z.literal("peg"), peg: amount, band_bps: amount, address, max_age: span, ...checks }),
]);

const chain = z.strictObject({
  id: span,
  rpc: z.string(),
  witnesses: z.array(z.string()),
  confirmations: span,
  block_seconds: span,
  native: z.strictObject({ symbol: label, priced_as: label }),
  assets: z.record(
    label,
    z.strictObject({
      address,
      decimals: z.int().min(0).max(36),
      kind: z.enum(["erc20", "weth9", "erc4626"]),
      of: label.exactOptional(),
    }),
  ),
  contracts: z.record(
    label,
    z.strictObject({
      kind: label,
      address,
      domain: z.int().nonnegative().exactOptional(),
      token: label.exactOptional(),
      mailbox: label.exactOptional(),
      to: z.record(label, label).exactOptional(),
      scale: z.string().regex(SCALE).exactOptional(),
    }),
  ),
  pools: z.record(
    label,
    z.strictObject({ kind: z.literal("uniswap-v3-pool"), address, fee: span, tokens: z.tuple([label, label]) }),
  ),
  feeds: z.record(label, feed),
});

const count = z.int().nonnegative();
const ofAnyMarket = {
  coin: label,
  asset: count,
  sz_decimals: count.max(8),
  deviation_bps: amount,
  min_day_volume_usd: amount,
};
const market = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("perp"), dex: z.string().max(60), min_open_interest_usd: amount, ...ofAnyMarket }),
  z.strictObject({ kind: z.literal("spot"), token_id: label, priced_by: label, ...ofAnyMarket }),
]);
const exchange = z.strictObject({
  kind: z.literal("hyperliquid"),
  api: z.string(),
  network: z.enum(["mainnet", "testnet"]),
  markets: z.record(label, market),
  fee_bps: z.strictObject({ perp: amount, spot: amount }),
  funding_cap_bps: amount,
  class_transfers: z.literal(true).exactOptional(),
  dead_man_switch: span.exactOptional(),
  max_age: span,
});

const stored = z.strictObject({
  id: label,
  venue: label,
  network: label,
  numeraire: label,
  accounts: z.record(label, address),
  book: z.strictObject({ chains: z.record(label, chain), exchanges: z.record(label, exchange) }),
  limits: z.strictObject({
    allowed_tokens: z.array(label),
    allowed_contracts: z.array(label),
    allowed_recipients: z.array(address),
    allow_unfloored: z.array(label),
    allowed_protocols: names,
    allowed_signatures: z.array(z.enum(SIGNATURE_NAMES)),
    allowed_calls: z.record(label, z.record(label, z.record(z.string().max(200), condition))),
    allowed_hours: z.array(hours),
    max_single_trade_usd: limit,
    max_hourly_spend_usd: limit,
    max_daily_spend_usd: limit,
    max_weekly_spend_usd: limit,
    max_total_spend_usd: limit,
    min_cash_usd: amount,
    max_daily_loss_usd: limit,
    max_position_size_usd: limit,
    max_single_trade: units,
    max_daily_spend: units,
    max_position_size: units,
    max_slippage_bps: limit,
    max_price_impact_bps: limit,
    max_exit_cost_bps: limit,
    stop_loss_pct: limit,
    max_trades_per_hour: limit,
    cooldown_seconds: limit,
    max_consecutive_failures: limit,
    max_actions_per_plan: limit,
    max_gas_usd_per_day: limit,
    exit_gas_usd_per_day: limit,
    max_llm_usd_per_day: limit,
    require_human_approval_above_usd: limit,
    require_human_approval_for: z.array(z.string()),
    require_human_approval_for_new_addresses: z.boolean(),
    max_deadline_seconds: amount,
    two_rpcs_above_usd: limit,
    allowed_tools: names,
    max_tool_calls_per_minute: limit,
    allowed_deciders: names,
    allowed_markets: z.array(label),
    max_leverage: limit,
    margin_mode: z.enum(["isolated", "cross"]),
    max_margin_at_risk_usd: limit,
    max_unhedged_usd: limit,
    max_open_orders: limit,
    min_liquidation_distance_pct: limit,
    order_expiry_seconds: amount,
    allow_schedule_cancel: z.boolean(),
  }),
  fleet: z
    .strictObject({
      id: label,
      max_hourly_spend_usd: limit,
      max_daily_spend_usd: limit,
      max_weekly_spend_usd: limit,
      max_total_spend_usd: limit,
      max_daily_loss_usd: limit,
    })
    .exactOptional(),
}) satisfies z.ZodType<Terms>;
