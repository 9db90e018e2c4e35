import { z } from "zod";
import { type Decimal, decimal, NotADecimalError } from "../core/decimal.ts";
import { type Address, type Hex, isAddress, lower } from "../core/hex.ts";
import { isJson, type Json } from "../core/json.ts";
import type { Entry } from "../journal/journal.ts";
import type { Verdict } from "../mandate/verdict.ts";
import type { AssetId, RawArgument } from "../protocols/effects.ts";
import { tradingAction } from "../protocols/hyperliquid/actions.ts";
import { classTransfer } from "../protocols/hyperliquid/class-transfer.ts";
import type { GatewayState, Note, Outcome, Request } from "./contract.ts";
import type { GatewayHealth, MarketHoldings, MarketPrices, WalletLimits } from "./read-contract.ts";

/** The contract's values as JSON: decimals and bigints are strings of digits. One schema a value; both ends read by it. */

const amount = z.string().transform((text, context): Decimal => {
  try {
    return decimal(text);
  } catch (error) {
    if (!(error instanceof NotADecimalError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
});
const units = z
  .string()
  .regex(/^\d{1,78}$/, "a whole number of base units")
  .transform(BigInt);
const address = z.custom<Address>(isAddress, "not an address").transform(lower);
const bytes = z
  .custom<Hex>((value) => typeof value === "string" && /^0x([0-9a-fA-F]{2})*$/.test(value), "not bytes in hex")
  .transform(lower);
const asset = z.custom<AssetId>((value) => typeof value === "string" && /^[^/\s]+\/[^/\s]+$/.test(value), "not an asset id");
const instant = z.number().int();
/** Notes are long: this is a hundred times as fast as a schema of JSON. */
const json = z.custom<Json>(isJson, "not JSON");

const callAction = z.strictObject({
  rail: z.literal("evm"),
  chain: z.string(),
  from: z.string(),
  call: z.strictObject({ to: address, data: bytes, value: units }),
});
const signAction = z.strictObject({
  rail: z.literal("evm"),
  chain: z.string(),
  from: z.string(),
  typedData: z.string().max(100_000),
});
const exchangeAction = z.strictObject({
  rail: z.literal("hyperliquid"),
  from: z.string(),
  action: z.union([tradingAction, classTransfer]),
});
const action = z.union([callAction, signAction, exchangeAction]);

/** Most actions in one request. */
const MOST_ACTIONS = 50;

export const requestWire = z.strictObject({
  wallet: z.string(),
  lease: z.number().int(),
  cycle: z.number().int(),
  step: z.number().int().positive(),
  actions: z.tuple([action], action).refine((actions) => actions.length <= MOST_ACTIONS, `at most ${MOST_ACTIONS} actions`),
}) satisfies z.ZodType<Request>;

const delta = z.object({ account: z.string(), asset, least: amount, most: z.union([z.literal("unbounded"), amount]) });
const holding = z.object({ account: z.string(), asset, amount });
const rawArgument: z.ZodType<RawArgument> = z.union([
  z.string(),
  z.lazy(() => z.array(rawArgument)),
  z.lazy(() => z.record(z.string(), rawArgument)),
]);
const call = z.object({
  chain: z.string(),
  from: z.string(),
  to: address,
  contract: z.string().nullable(),
  kind: z.string().nullable(),
  function: z.string(),
  args: z.record(z.string(), z.string()),
  raw: z.record(z.string(), rawArgument).exactOptional(),
  signs: bytes.exactOptional(),
  value: amount,
  get inner(): z.ZodReadonly<z.ZodArray<typeof call>> {
    return z.array(call).readonly();
  },
});
const order = z.object({
  asset,
  side: z.enum(["buy", "sell"]),
  size: amount,
  price: amount,
  reduceOnly: z.boolean(),
  trigger: z.object({ price: amount, kind: z.enum(["tp", "sl"]) }).nullable(),
  rests: z.boolean(),
});
const move = z.discriminatedUnion("do", [
  z.object({ do: z.literal("order"), order }),
  z.object({ do: z.literal("replace"), order, protective: z.boolean() }),
  z.object({ do: z.literal("cancel"), protective: z.boolean() }),
  z.object({ do: z.literal("leverage"), asset, leverage: amount, isolated: z.boolean() }),
  z.object({ do: z.literal("margin"), asset, usd: amount }),
  z.object({ do: z.literal("transfer"), usd: amount, to: z.enum(["perp", "spot"]) }),
  z.object({ do: z.literal("schedule-cancel"), at: instant.nullable() }),
]);
const figures = z.object({
  value_usd: amount,
  leverage: amount,
  margin_at_risk_usd: amount,
  liquidation_distance_pct: amount.nullable(),
  liquidation_distances: z.record(z.string(), amount),
  open_orders: z.number().int(),
});
const exchange = z.object({
  moves: z.array(move),
  markets: z.array(
    z.object({
      asset,
      kind: z.enum(["perp", "spot"]),
      underlying: z.string(),
      position: amount,
      resting: z.object({ opening_buys: amount, opening_sells: amount, closing_buys: amount, closing_sells: amount }),
      leverage: z.object({ value: amount, isolated: z.boolean() }).nullable(),
    }),
  ),
  before: figures,
  after: figures.extend({ quota_left: amount.nullable() }),
  idle_exits: z.number().int(),
  fee_bps: z.object({ perp: amount, spot: amount }),
});
const effects = z.object({
  deltas: z.array(delta),
  allowances: z.array(z.object({ owner: z.string(), asset, spender: address, before: amount, after: amount })),
  payments: z.array(z.object({ to: address, asset, amount })),
  unfloored: z.array(z.object({ contract: z.string(), account: z.string(), asset, amount })),
  pools: z.array(z.object({ pool: z.string(), bps: amount.nullable() })),
  impacts: z.array(z.object({ pool: z.string(), before_bps: amount.nullable(), after_bps: amount.nullable() })).exactOptional(),
  calls: z.array(call),
  gas: z.array(z.object({ chain: z.string(), asset, units, maxFeePerGas: units, most: amount })),
  deadline: instant.nullable(),
  unknown: z.array(
    z.object({ code: z.custom<Verdict["effects"]["unknown"][number]["code"]>((v) => typeof v === "string"), what: z.string() }),
  ),
  before: z.array(holding),
  block: z.object({ chain: z.string(), number: z.string(), at: instant }).nullable(),
  exchange: exchange.exactOptional(),
  evidence: z.string(),
});
const violation = z.object({
  code: z.custom<Extract<Verdict, { kind: "deny" }>["violations"][number]["code"]>((v) => typeof v === "string"),
  message: z.string(),
  limit: z.string().exactOptional(),
  value: z.string().exactOptional(),
  allowed: z.string().exactOptional(),
  unit: z.string().exactOptional(),
  until: instant.exactOptional(),
  full: instant.exactOptional(),
});
const largest = z.object({
  kind: z.enum(["passes", "asks", "unsure", "none"]),
  amounts: z.array(z.object({ asset, amount })),
  because: z.array(violation.shape.code),
  until: instant.exactOptional(),
  full: instant.exactOptional(),
  message: z.string(),
});
const budget = z.object({
  budget: z.string(),
  unit: z.string(),
  limit: z.union([z.literal("unlimited"), amount]),
  used: amount,
  left: z.union([z.literal("unlimited"), amount]),
  refills: instant.nullable(),
});
const atWorst = z.object({
  class: z.enum(["spend", "trade", "reduce"]),
  spend_usd: amount,
  loss_usd: amount,
  exit_loss_usd: amount,
  gas_usd: amount,
  exit_gas_usd: amount,
  buys_usd: amount,
  sells_usd: amount,
  spend_units: z.record(z.string(), amount),
  value_usd: amount.nullable(),
});
const violations = z.tuple([violation], violation);
const deny = z.object({ kind: z.literal("deny"), effects, violations, largest: largest.exactOptional() });
const permitId = z.object({ id: z.string(), expires: instant });
const ask = z.object({
  kind: z.literal("ask"),
  effects,
  because: violations,
  atWorst,
  permit: permitId.nullable(),
  largest: largest.exactOptional(),
});

export const verdictWire = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("allow"), effects, atWorst, left: z.array(budget) }),
  deny,
  ask,
]) satisfies z.ZodType<Verdict>;

const sent = z.object({ hash: z.string(), status: z.enum(["pending", "success", "reverted", "voided", "unknown"]) });
const reached = {
  key: z.string(),
  done: z.array(holding),
  awaits: z.array(
    z.object({ id: z.string(), kind: z.enum(["transaction", "order", "signature"]), rest: z.array(delta), by: instant }),
  ),
  transactions: z.array(sent),
  reason: z.string().nullable(),
  signature: bytes.exactOptional(),
};

export const outcomeWire = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("refused"), key: z.string(), verdict: z.discriminatedUnion("kind", [deny, ask]) }),
  z.object({ kind: z.literal("open"), ...reached }),
  z.object({ kind: z.literal("unresolved"), ...reached }),
  z.object({ kind: z.literal("confirmed"), ...reached }),
  z.object({ kind: z.literal("rejected"), ...reached }),
  z.object({ kind: z.literal("released"), ...reached }),
]) satisfies z.ZodType<Outcome>;

export const stateWire = z.object({
  wallet: z.string(),
  now: instant,
  lease: z.number().int(),
  cycle: z.number().int(),
  stopped: z.object({ code: z.string(), reason: z.string() }).nullable(),
  open: z.array(outcomeWire),
  budgets: z.array(budget),
  holdings: z.array(holding),
  high_water_usd: amount.nullable(),
  model_spent_today_usd: amount,
  recent: z.array(
    z.object({
      cycle: z.number().int(),
      at: instant,
      kind: z.enum(["refused", "confirmed", "rejected", "unresolved", "released"]),
      codes: z.array(z.string()),
    }),
  ),
  permits: z.array(
    z.object({
      id: z.string(),
      key: z.string(),
      status: z.enum(["open", "granted"]),
      calls: z.array(z.string()),
      until: instant,
      wish: z.string().nullable(),
    }),
  ),
  under_way: z
    .array(
      z.object({
        id: z.string(),
        from: z.string(),
        to: z.string(),
        account: z.string(),
        asset,
        amount,
        since: instant,
        counts: z.boolean(),
      }),
    )
    .exactOptional(),
  following: z.object({ strategy: z.string(), since: instant }).exactOptional(),
}) satisfies z.ZodType<GatewayState>;

const note = z.object({ kind: z.string() }).catchall(json) as unknown as z.ZodType<Note>;

/** The six calls by name: what each takes and gives. Their path is `/mandate.v1.Execution/<name>`. */
export const CALLS = {
  Open: { takes: z.strictObject({ wallet: z.string() }), gives: z.object({ lease: z.number().int(), cycle: z.number().int() }) },
  State: { takes: z.strictObject({ wallet: z.string() }), gives: stateWire },
  Preview: { takes: requestWire, gives: verdictWire },
  Request: { takes: requestWire, gives: outcomeWire },
  Settle: {
    takes: z.strictObject({ wallet: z.string(), key: z.string().exactOptional() }),
    gives: z.object({ outcomes: z.array(outcomeWire) }),
  },
  Note: { takes: z.strictObject({ wallet: z.string(), notes: z.array(note) }), gives: z.strictObject({}) },
} as const;

const ofWallet = z.strictObject({ wallet: z.string() });
const limitsWire = z.object({
  wallet: z.string(),
  terms_hash: z.string(),
  limits: z.record(z.string(), json),
}) satisfies z.ZodType<WalletLimits>;
const pricesWire = z.object({
  wallet: z.string(),
  now: instant,
  prices: z.array(
    z.object({
      asset,
      usd: amount.nullable(),
      error_bps: amount.nullable(),
      at: instant.nullable(),
      age_ms: instant.nullable(),
      source: z.string().nullable(),
      missing: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
}) satisfies z.ZodType<MarketPrices>;
const holdingsWire = z.object({
  wallet: z.string(),
  now: instant,
  holdings: z.array(holding),
}) satisfies z.ZodType<MarketHoldings>;
const healthWire = z.object({
  wallet: z.string(),
  now: instant,
  seq: z.number().int(),
  stopped: z.string().nullable(),
}) satisfies z.ZodType<GatewayHealth>;

/** What `Watch` takes, and each thing that it streams. */
export const WATCH = {
  takes: z.strictObject({ wallet: z.string(), after: z.number().int().nonnegative() }),
  gives: z.object({
    stream: z.string(),
    seq: z.number().int(),
    at: instant,
    kind: z.string(),
    body: json,
    prev: z.string(),
    hash: z.string(),
  }) satisfies z.ZodType<Entry>,
} as const;

/** Every call that is asked once and answered once, by service and name. Its path is `/mandate.v1.<service>/<name>`. */
export const SERVICES = {
  Execution: CALLS,
  State: { GetState: { takes: ofWallet, gives: stateWire }, GetLimits: { takes: ofWallet, gives: limitsWire } },
  Market: { GetPrices: { takes: ofWallet, gives: pricesWire }, GetHoldings: { takes: ofWallet, gives: holdingsWire } },
  Observe: { Health: { takes: z.strictObject({}), gives: healthWire } },
} as const;

/** The path of a service, its calls' names to follow. */
export function servicePath(service: keyof typeof SERVICES): string {
  return `/mandate.v1.${service}/`;
}
