import { type Instant, isoTime, SECOND } from "../core/clock.ts";
import { BPS, type Decimal } from "../core/decimal.ts";
import { messageOf } from "../core/errors.ts";
import type { Address, Hex } from "../core/hex.ts";
import { decimalsCall, decodeRound, latestRoundCall, type Round } from "./chainlink.ts";
import { assetId, type ChainLabel, type NoPrice, type Price, type Prices } from "./effects.ts";
import type { RpcClient } from "./json-rpc.ts";
import { boundProblem, type Checks, meanProblem, type ReadTimes, sequencerProblem } from "./price-checks.ts";
import { quantity, seconds } from "./quantity.ts";
import { askRedeemed, sharePrice } from "./share-price.ts";

export type Feed = Checks & FeedSource;

type FeedSource =
  | { readonly kind: "chainlink"; readonly address: Address; readonly max_age: number; readonly deviation_bps: Decimal }
  | {
      readonly kind: "peg";
      readonly peg: Decimal;
      readonly band_bps: Decimal;
      readonly address: Address;
      readonly max_age: number;
    };

/** An asset as far as its price goes: shares of a vault are worth what they redeem. */
export interface AssetSource {
  readonly address: Address;
  readonly decimals: number;
  readonly kind: string;
  readonly of?: string;
}

export interface PriceSources {
  readonly native: { readonly symbol: string; readonly priced_as: string };
  readonly assets: Readonly<Record<string, AssetSource>>;
  readonly pools: Readonly<Record<string, { readonly address: Address; readonly tokens: readonly [string, string] }>>;
  readonly feeds: Readonly<Record<string, Feed>>;
}

/**
 * Prices of every asset of a chain's book at one block, from the feeds that the mandate pins and from
 * nowhere else. An asset without a feed, or whose feed is silent, old, younger than the block it is read at or not
 * positive, has no price and says why.
 *
 * @param at - a block tag or number in hex, or a block that was read already.
 */
export async function readPrices(
  rpc: RpcClient,
  chain: ChainLabel,
  sources: PriceSources,
  at: string | StampedBlock,
  now: Instant,
): Promise<Prices> {
  const { block, stamped } = typeof at === "string" ? await readBlock(rpc, at) : at;
  // Asked for in one breath with the feeds: it then travels with them.
  const redeemed = new Map(
    Object.entries(sources.assets).flatMap(([symbol, asset]) =>
      asset.of === undefined ? [] : [[symbol, askRedeemed(rpc, asset, block)] as const],
    ),
  );
  const base = await Promise.all(
    Object.entries(sources.feeds).map(
      async ([symbol, feed]) => [symbol, await readFeed(rpc, feed, symbol, { block, stamped, now })] as const,
    ),
  );
  const byFeed = new Map(base);
  const checked = new Map(
    await Promise.all(
      base.map(async ([symbol, price]) => [symbol, await checkMean(rpc, sources, byFeed, symbol, price, block)] as const),
    ),
  );
  const { native, assets } = sources;
  const named = (symbol: string) => checked.get(symbol) ?? missing("PRICE_UNKNOWN", `the mandate names no feed for ${symbol}`);
  const prices = await Promise.all(
    [...Object.keys(assets), native.symbol].map(async (symbol) => {
      const asset = assets[symbol];
      const shares = redeemed.get(symbol);
      if (asset?.of === undefined || shares === undefined)
        return [assetId(chain, symbol), named(symbol === native.symbol ? native.priced_as : symbol)] as const;
      const within = { decimals: assets[asset.of]?.decimals ?? 0, price: named(asset.of) };
      return [assetId(chain, symbol), await sharePrice(symbol, { decimals: asset.decimals, redeemed: shares }, within)] as const;
    }),
  );
  return Object.fromEntries(prices);
}

/** What a feed says, held against its age, its bounds and the sequencer's. */
async function readFeed(
  rpc: RpcClient,
  feed: Feed,
  symbol: string,
  { block, ...times }: ReadTimes & { readonly block: string },
): Promise<Price | NoPrice> {
  const [round, down] = await Promise.all([
    readRound(rpc, feed, block),
    feed.sequencer ? sequencerProblem(rpc, feed.sequencer, block, times) : undefined,
  ]);
  if ("missing" in round) return round;
  const price = judgeRound(feed, round, symbol, times);
  if (!down) return price;
  const last = "usd" in price ? price.usd : price.last_usd;
  return last === undefined ? down : { ...down, last_usd: last };
}

/** A block by its number in hex, and its time. */
export interface StampedBlock {
  readonly block: Hex;
  readonly stamped: Instant;
}

/** One block for everything, so that no answer can be younger than it. */
async function readBlock(rpc: RpcClient, at: string): Promise<StampedBlock> {
  const read = await rpc.request<{ readonly number?: unknown; readonly timestamp?: unknown } | null>("eth_getBlockByNumber", [
    at,
    false,
  ]);
  const block: Hex = `0x${quantity("the block's number", read?.number).toString(16)}`;
  return { block, stamped: seconds("the block's timestamp", read?.timestamp) * SECOND };
}

/** The price, unless the pool that the book names says another. */
async function checkMean(
  rpc: RpcClient,
  { assets, pools, feeds }: PriceSources,
  byFeed: ReadonlyMap<string, Price | NoPrice>,
  symbol: string,
  price: Price | NoPrice,
  block: string,
): Promise<Price | NoPrice> {
  const twap = feeds[symbol]?.twap;
  if (!twap || !("usd" in price)) return price;
  const pool = pools[twap.pool];
  const partner = pool?.tokens.find((token) => token !== symbol) ?? "";
  const [token, other, partnerPrice] = [assets[symbol], assets[partner], byFeed.get(partner)];
  // What cannot be checked is no price, and the feed's word all the same: somebody who gets home may go by it.
  const unchecked = (why: string) => ({ ...missing("PRICE_UNKNOWN", why), last_usd: price.usd });
  if (!pool || !token || !other || !partnerPrice) {
    return unchecked(`${symbol} is to be checked against ${twap.pool}, which is no pool of it`);
  }
  if (!("usd" in partnerPrice)) return unchecked(`${symbol} is checked against ${partner}: ${partnerPrice.reason}`);
  const mean = { address: pool.address, token, other: { ...other, price: partnerPrice } };
  const problem = await meanProblem(rpc, twap, mean, price, symbol, block);
  return problem === undefined ? price : { last_usd: price.usd, ...problem };
}

/** What a feed's round says at `now`, read at a block of the time `stamped`. Pure. */
export function judgeRound(feed: Feed, round: Round, symbol: string, { now, stamped }: ReadTimes): Price | NoPrice {
  if (round.answer.lte(0)) return missing("PRICE_UNKNOWN", `the feed of ${symbol} answers ${round.answer.toFixed()}`);
  // A round is dated by the block that brought it.
  if (round.updatedAt > stamped) {
    const reason = `the feed of ${symbol} is dated ${isoTime(round.updatedAt)}, after the block of ${isoTime(stamped)} that it is read at`;
    return missing("PRICE_UNKNOWN", reason);
  }
  if (now - round.updatedAt > feed.max_age) {
    const age = Math.floor((now - round.updatedAt) / 1000);
    return {
      ...missing("PRICE_STALE", `the feed of ${symbol} is ${age} s old, more than ${feed.max_age / 1000} s`),
      last_usd: round.answer,
    };
  }
  const outside = boundProblem(feed, round.answer, symbol);
  if (outside) return outside;
  if (feed.kind === "chainlink") return { usd: round.answer, error_bps: feed.deviation_bps, at: round.updatedAt };
  const off = round.answer.div(feed.peg).minus(1).abs().times(BPS);
  if (off.gt(feed.band_bps)) {
    return {
      ...missing(
        "PEG_BROKEN",
        `${symbol} stands at ${round.answer.toFixed()}, more than ${feed.band_bps.toFixed()} bps from its peg of ${feed.peg.toFixed()}`,
      ),
      last_usd: round.answer,
    };
  }
  return { usd: feed.peg, error_bps: feed.band_bps, at: round.updatedAt };
}

async function readRound(rpc: RpcClient, feed: Feed, block: string): Promise<Round | NoPrice> {
  const ask = (data: Hex) => rpc.request<Hex>("eth_call", [{ to: feed.address, data }, block]);
  try {
    const [round, decimals] = await Promise.all([ask(latestRoundCall), ask(decimalsCall)]);
    return decodeRound(round, decimals) ?? missing("PRICE_UNKNOWN", `${feed.address} does not answer as a feed`);
  } catch (error) {
    return missing("PRICE_UNKNOWN", `the feed ${feed.address} cannot be read: ${messageOf(error)}`);
  }
}

function missing(code: NoPrice["missing"], reason: string): NoPrice {
  return { missing: code, reason };
}
