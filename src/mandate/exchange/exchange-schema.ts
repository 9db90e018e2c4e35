import { z } from "zod";
import { MINUTE } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import { amount, duration, httpUrl, line, marketLabel, numeric, oneOf, refuse, strict } from "../scalars.ts";
import type { ExchangeBook, MarketEntry } from "./exchange-book.ts";
import { underlyingOfMarket } from "./exchange-book.ts";

/** What is taken where a book does not say. */
export const EXCHANGE_DEFAULTS = {
  /** Of the venue's published schedule, the tier that an account begins at. */
  perp_fee_bps: "4.5",
  spot_fee_bps: "7",
  funding_cap_bps: "400",
  deviation_bps: "50",
  min_day_volume_usd: "1000000",
  min_open_interest_usd: "1000000",
  max_age: MINUTE,
} as const;

/** The venue takes no time that is nearer than five seconds: what is put off later than that fires between two cycles. */
const LEAST_SWITCH = 10_000;
const MOST_SWITCH = 86_400_000;

const bps = (example: string, max: string) => amount(`basis points, for example ${example}`, { max });
const usd = amount("an amount in USD, for example 1000000");

const market = strict("{ asset, sz_decimals }", {
  coin: line.optional(),
  asset: numeric("the asset's number at the venue, for example 0", { whole: true, max: "999999999" }),
  sz_decimals: numeric("a whole number, for example 5", { whole: true, max: "8" }),
  dex: line.optional(),
  token_id: line.optional(),
  priced_by: line.optional(),
  deviation_bps: amount("basis points, for example 50", { min: "0.0001", max: "5000" }).optional(),
  min_day_volume_usd: usd.optional(),
  min_open_interest_usd: usd.optional(),
});

type WrittenMarket = z.output<typeof market>;

const fees = strict("{ perp, spot }", { perp: bps("4.5", "1000").optional(), spot: bps("7", "1000").optional() });

const writtenExchange = strict("{ kind: hyperliquid, api, markets }", {
  kind: oneOf(["hyperliquid"]),
  api: z.union([z.literal("world"), httpUrl], { error: "world, or the venue's API: https://api.hyperliquid.xyz" }),
  network: oneOf(["mainnet", "testnet"]).optional(),
  markets: z.record(marketLabel, market, { error: "markets by label: { BTC:perp: { asset: 0, sz_decimals: 5 } }" }),
  fee_bps: fees.optional(),
  funding_cap_bps: bps("400", "10000").optional(),
  class_transfers: oneOf(["yes", "no"]).optional(),
  dead_man_switch: duration.optional(),
  max_age: duration.optional(),
});

/** An exchange of a network as users write it. */
export const exchangeSchema = writtenExchange.transform((written, ctx): ExchangeBook => {
  if (written.network === undefined && written.api !== "world") {
    const remedy = "Write network: mainnet, or testnet: signatures are for one of them alone.";
    refuse(ctx, { code: "MISSING_KEY", message: "network is missing", remedy });
  }
  if (written.api === "world" && written.network === "mainnet") {
    const message = "a world is no mainnet: nothing that is signed in it may be valid there";
    refuse(ctx, { code: "CONFLICT", message, remedy: "Leave network out, or write testnet." }, ["network"]);
  }
  const { dead_man_switch } = written;
  if (dead_man_switch !== undefined && (dead_man_switch < LEAST_SWITCH || dead_man_switch > MOST_SWITCH)) {
    const remedy = "Write a span between 10s and 1d, several times as long as the cadence (every).";
    refuse(ctx, { code: "BAD_VALUE", message: "no span that a cancel can be put off by", remedy }, ["dead_man_switch"]);
  }
  const entries = Object.entries(written.markets);
  if (entries.length === 0) {
    const remedy = "Name one: { BTC:perp: { asset: 0, sz_decimals: 5 } }.";
    refuse(ctx, { code: "NO_VALUE", message: "no market", remedy }, ["markets"]);
  }
  const markets = entries.flatMap(([label, entry]) => {
    const read = marketEntry(label, entry, ctx);
    return read ? [[label, read] as const] : [];
  });
  const numbers = markets.map(([, { asset }]) => asset);
  const repeated = markets.find(([, { asset }], i) => numbers.indexOf(asset) < i);
  if (repeated) {
    const message = `asset ${repeated[1].asset} is another market already`;
    refuse(ctx, { code: "CONFLICT", message, remedy: "Name each asset once." }, ["markets", repeated[0], "asset"]);
  }
  return {
    kind: written.kind,
    api: written.api,
    network: written.network ?? "testnet",
    markets: Object.fromEntries(markets),
    fee_bps: {
      perp: written.fee_bps?.perp ?? decimal(EXCHANGE_DEFAULTS.perp_fee_bps),
      spot: written.fee_bps?.spot ?? decimal(EXCHANGE_DEFAULTS.spot_fee_bps),
    },
    funding_cap_bps: written.funding_cap_bps ?? decimal(EXCHANGE_DEFAULTS.funding_cap_bps),
    ...(written.class_transfers === "yes" ? { class_transfers: true as const } : {}),
    ...(dead_man_switch === undefined ? {} : { dead_man_switch }),
    max_age: written.max_age ?? EXCHANGE_DEFAULTS.max_age,
  };
});

function marketEntry(label: string, written: WrittenMarket, ctx: z.core.$RefinementCtx): MarketEntry | null {
  const { asset, sz_decimals, dex, token_id, priced_by, min_open_interest_usd } = written;
  const spot = label.endsWith(":spot");
  const foreign = spot ? ({ dex, min_open_interest_usd } as const) : ({ token_id, priced_by } as const);
  for (const [key, value] of Object.entries(foreign)) {
    if (value === undefined) continue;
    const message = `${key} is no key of a ${spot ? "spot market" : "perpetual"}`;
    refuse(ctx, { code: "UNKNOWN_KEY", message, remedy: "Remove it." }, ["markets", label, key]);
  }
  if (dex !== undefined) {
    const message = "a builder's dex is not traded";
    refuse(ctx, { code: "BAD_VALUE", message, remedy: "Leave dex out: the venue's own perpetuals." }, ["markets", label, "dex"]);
  }
  const base = {
    asset,
    sz_decimals,
    deviation_bps: written.deviation_bps ?? decimal(EXCHANGE_DEFAULTS.deviation_bps),
    min_day_volume_usd: written.min_day_volume_usd ?? decimal(EXCHANGE_DEFAULTS.min_day_volume_usd),
  };
  if (!spot) {
    const least = min_open_interest_usd ?? decimal(EXCHANGE_DEFAULTS.min_open_interest_usd);
    return { kind: "perp", dex: "", coin: written.coin ?? underlyingOfMarket(label), min_open_interest_usd: least, ...base };
  }
  if (written.coin === undefined || token_id === undefined || priced_by === undefined) {
    const remedy = "A spot market needs its coin (@107), its token_id, and priced_by: the perpetual whose oracle prices it.";
    refuse(ctx, { code: "MISSING_KEY", message: "coin, token_id or priced_by is missing", remedy }, ["markets", label]);
    return null;
  }
  return { kind: "spot", coin: written.coin, token_id: token_id.toLowerCase(), priced_by, ...base };
}

/** Every key of an exchange by where it stands, for documents. */
export const EXCHANGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  "an exchange": Object.keys(writtenExchange.shape),
  "a market": Object.keys(market.shape),
  "an exchange's fee_bps": Object.keys(fees.shape),
};
