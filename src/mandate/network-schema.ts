import { z } from "zod";
import { HOUR } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { AssetEntry, FeedChecks, FeedEntry } from "./book.ts";
import { contractSchema, writtenContract } from "./contract-schema.ts";
import { EXCHANGE_KEYS, exchangeSchema } from "./exchange/exchange-schema.ts";
import { address, amount, duration, httpUrl, kebab, numeric, oneOf, poolLabel, refuse, strict, symbol } from "./scalars.ts";

/** How far a peg may stand off before increases are denied, where the book does not say. */
export const DEFAULT_BAND_BPS = "50";
/** A day, which is the heartbeat of stablecoin feeds, and an hour for the answer to land. */
export const DEFAULT_PEG_MAX_AGE = 25 * HOUR;

const writtenAsset = strict("{ address, decimals }", {
  address,
  decimals: numeric("a whole number, for example 18", { whole: true, max: "36" }),
  kind: oneOf(["erc20", "weth9", "erc4626"]).default("erc20"),
  of: symbol.optional(),
});

const asset = writtenAsset.transform(({ of, ...rest }, ctx): AssetEntry => {
  if (rest.kind === "erc4626" && of === undefined) {
    refuse(ctx, { code: "MISSING_KEY", message: "of is missing", remedy: "Name the asset that the shares redeem: of: USDC." });
  }
  if (rest.kind !== "erc4626" && of !== undefined) {
    refuse(ctx, { code: "UNKNOWN_KEY", message: `of is no key of an ${rest.kind}`, remedy: "Remove it." }, ["of"]);
  }
  return of === undefined ? rest : { ...rest, of };
});

const pool = strict("{ kind, address, fee }", {
  kind: oneOf(["uniswap-v3-pool"]),
  address,
  fee: numeric("the pool's fee in hundredths of a basis point, for example 500 for 0.05 %", {
    whole: true,
    min: "1",
    max: "999999",
  }),
});

const sequencer = strict("{ address, grace }", { address, grace: duration });

const twap = strict("{ pool, window, band_bps }", {
  pool: poolLabel,
  window: duration,
  band_bps: amount("basis points, for example 100", { min: "0.0001", max: "5000" }),
});

const writtenFeed = strict("{ kind: chainlink, address, max_age, deviation_bps } or { peg, feed }", {
  kind: oneOf(["chainlink", "peg"]).optional(),
  address: address.optional(),
  max_age: duration.optional(),
  deviation_bps: amount("basis points, for example 50", { min: "0.0001", max: "5000" }).optional(),
  peg: amount("USD for a whole token, for example 1.00", { min: "0.000001" }).optional(),
  band_bps: amount("basis points, for example 50", { min: "0.0001", max: "1000" }).optional(),
  feed: address.optional(),
  min: amount("USD for a whole token, for example 100").optional(),
  max: amount("USD for a whole token, for example 100000", { min: "0.000001" }).optional(),
  sequencer: sequencer.optional(),
  twap: twap.optional(),
});

const feed = writtenFeed.transform((written, ctx): FeedEntry => {
  const kind = written.kind ?? (written.peg === undefined ? "chainlink" : "peg");
  const [needed, foreign] =
    kind === "peg"
      ? [["peg", "feed"] as const, ["address", "deviation_bps"] as const]
      : [["address", "max_age", "deviation_bps"] as const, ["peg", "band_bps", "feed"] as const];
  for (const key of needed) {
    if (written[key] === undefined) {
      refuse(ctx, { code: "MISSING_KEY", message: `${key} is missing`, remedy: `A ${kind} feed needs ${needed.join(", ")}.` });
    }
  }
  for (const key of foreign) {
    if (written[key] !== undefined) {
      refuse(ctx, { code: "UNKNOWN_KEY", message: `${key} is no key of a ${kind} feed`, remedy: "Remove it." }, [key]);
    }
  }
  if (written.min && written.max && written.min.gte(written.max)) {
    refuse(ctx, { code: "OUT_OF_RANGE", message: "min is not below max", remedy: "Write the lower one as min." }, ["min"]);
  }
  const checks = checksOf(written);
  const { peg, feed: pegFeed, address: chainlink, max_age, deviation_bps } = written;
  if (kind === "peg" && peg && pegFeed) {
    return {
      kind,
      peg,
      band_bps: written.band_bps ?? decimal(DEFAULT_BAND_BPS),
      address: pegFeed,
      max_age: max_age ?? DEFAULT_PEG_MAX_AGE,
      ...checks,
    };
  }
  if (kind === "chainlink" && chainlink && max_age !== undefined && deviation_bps) {
    return { kind, address: chainlink, max_age, deviation_bps, ...checks };
  }
  return z.NEVER;
});

/** Only what is written: terms have no keys without a value. */
function checksOf({ min, max, sequencer: uptime, twap: mean }: z.output<typeof writtenFeed>): FeedChecks {
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(uptime === undefined ? {} : { sequencer: uptime }),
    ...(mean === undefined ? {} : { twap: mean }),
  };
}

const rpc = z.union([z.literal("world"), httpUrl, z.array(httpUrl).min(1).max(5)], {
  error: "world, an http or https URL, or a list of such URLs",
});

const chain = strict("a chain: id, rpc, assets, contracts, pools, feeds", {
  id: numeric("the chain's id, for example 8453", { whole: true, min: "1", max: "9007199254740991" }),
  rpc,
  confirmations: numeric("a number of blocks, for example 3", { whole: true, min: "1", max: "10000" }).optional(),
  block_seconds: numeric("seconds between blocks, for example 2", { whole: true, min: "1", max: "3600" }).optional(),
  native: strict("{ symbol, priced_as }", { symbol, priced_as: symbol }).optional(),
  assets: z.record(symbol, asset, { error: "assets by symbol: { WETH: { address, decimals } }" }),
  contracts: z.record(kebab, contractSchema, { error: "contracts by label: { router: { kind, address } }" }).default({}),
  pools: z.record(poolLabel, pool, { error: "pools by label: { WETH-USDC: { kind, address, fee } }" }).default({}),
  feeds: z.record(symbol, feed, { error: "feeds by token: { WETH: { kind, address, max_age, deviation_bps } }" }),
});

/** A network as users write it, in the mandate or in a book of its own. */
export const networkSchema = strict("a network: { chains } or { exchanges }, or the relative path of a book", {
  wallet: address.optional(),
  chains: z.record(kebab, chain, { error: "chains by label" }).default({}),
  exchanges: z.record(kebab, exchangeSchema, { error: "exchanges by label" }).default({}),
});

export type WrittenNetwork = z.output<typeof networkSchema>;
export type WrittenChain = z.output<typeof chain>;

/** Every key of a network by where it stands, for documents. */
export const NETWORK_KEYS: Readonly<Record<string, readonly string[]>> = {
  "a network": Object.keys(networkSchema.shape),
  "a chain": Object.keys(chain.shape),
  "an asset": Object.keys(writtenAsset.shape),
  "a contract": Object.keys(writtenContract.shape),
  "a pool": Object.keys(pool.shape),
  "a feed": Object.keys(writtenFeed.shape),
  "a feed's sequencer": Object.keys(sequencer.shape),
  "a feed's twap": Object.keys(twap.shape),
  ...EXCHANGE_KEYS,
};
