import { type Instant, isoTime, MINUTE } from "../core/clock.ts";
import { BPS, type Decimal, fromUnits } from "../core/decimal.ts";
import { messageOf } from "../core/errors.ts";
import type { Address, Hex } from "../core/hex.ts";
import { decimalsCall, decodeRound, latestRoundCall, type Round } from "./chainlink.ts";
import { assetId, type ChainLabel, type NoPrice, type Price, type Prices } from "./effects.ts";
import { encodeConvertToAssets, rateShares } from "./erc4626.ts";
import type { RpcClient } from "./json-rpc.ts";

export type Feed =
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
  readonly feeds: Readonly<Record<string, Feed>>;
}

/** A feed's answer may be stamped this far ahead of a clock that runs late. */
const CLOCK_SKEW = MINUTE;

/**
 * Prices of every asset of a chain's book at one block, from the feeds that the mandate pins and from
 * nowhere else. An asset without a feed, or whose feed is silent, old, ahead of time or not positive, has
 * no price and says why.
 *
 * @param block - a block tag or number in hex.
 */
export async function readPrices(
  rpc: RpcClient,
  chain: ChainLabel,
  sources: PriceSources,
  block: string,
  now: Instant,
): Promise<Prices> {
  const rounds = new Map<string, Promise<Round | NoPrice>>();
  const symbols = [...Object.keys(sources.assets), sources.native.symbol];
  const priced = await Promise.all(
    symbols
      .filter((symbol) => sources.assets[symbol]?.of === undefined)
      .map(async (symbol) => {
        const source = symbol === sources.native.symbol ? sources.native.priced_as : symbol;
        const feed = sources.feeds[source];
        if (!feed) return [assetId(chain, symbol), missing("PRICE_UNKNOWN", `the mandate names no feed for ${symbol}`)] as const;
        const round = rounds.get(source) ?? readRound(rpc, feed, block);
        rounds.set(source, round);
        const answer = await round;
        return [assetId(chain, symbol), "missing" in answer ? answer : judgeRound(feed, answer, symbol, now)] as const;
      }),
  );
  const prices: Prices = Object.fromEntries(priced);
  const shares = Object.entries(sources.assets).map(async ([symbol, asset]) =>
    asset.of === undefined
      ? []
      : [
          [
            assetId(chain, symbol),
            await sharePrice(rpc, symbol, asset, sources, prices[assetId(chain, asset.of)], block),
          ] as const,
        ],
  );
  return { ...prices, ...Object.fromEntries((await Promise.all(shares)).flat()) };
}

/** A share's price: what it redeems now, at the underlying's price. */
async function sharePrice(
  rpc: RpcClient,
  symbol: string,
  { address, decimals, of = "" }: AssetSource,
  { assets }: PriceSources,
  underlying: Price | NoPrice | undefined,
  block: string,
): Promise<Price | NoPrice> {
  const within = assets[of];
  if (!underlying || !within) return missing("PRICE_UNKNOWN", `${symbol} redeems ${of}, which is no asset of the book`);
  if ("missing" in underlying && underlying.last_usd === undefined) return underlying;
  const shares = rateShares(decimals);
  try {
    const answer = await rpc.request<Hex>("eth_call", [{ to: address, data: encodeConvertToAssets(shares) }, block]);
    if (answer.length !== 66 || BigInt(answer) === 0n) return missing("PRICE_UNKNOWN", `${symbol} does not say what it redeems`);
    const each = fromUnits(BigInt(answer), within.decimals).div(fromUnits(shares, decimals));
    if ("usd" in underlying) return { ...underlying, usd: underlying.usd.times(each) };
    return underlying.last_usd === undefined ? underlying : { ...underlying, last_usd: underlying.last_usd.times(each) };
  } catch (error) {
    return missing("PRICE_UNKNOWN", `what ${symbol} redeems cannot be read: ${messageOf(error)}`);
  }
}

/** What a feed's round says at `now`. Pure. */
export function judgeRound(feed: Feed, round: Round, symbol: string, now: Instant): Price | NoPrice {
  if (round.answer.lte(0)) return missing("PRICE_UNKNOWN", `the feed of ${symbol} answers ${round.answer.toFixed()}`);
  if (round.updatedAt > now + CLOCK_SKEW) {
    return missing("PRICE_UNKNOWN", `the feed of ${symbol} is dated ${isoTime(round.updatedAt)}, ahead of ${isoTime(now)}`);
  }
  if (now - round.updatedAt > feed.max_age) {
    const age = Math.floor((now - round.updatedAt) / 1000);
    return {
      ...missing("PRICE_STALE", `the feed of ${symbol} is ${age} s old, more than ${feed.max_age / 1000} s`),
      last_usd: round.answer,
    };
  }
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
