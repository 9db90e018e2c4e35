import { type Instant, isoTime } from "../core/clock.ts";
import { BPS, type Decimal, max, ONE } from "../core/decimal.ts";
import { messageOf } from "../core/errors.ts";
import { type Address, type Hex, lower } from "../core/hex.ts";
import { decodeStatus, latestRoundCall } from "./chainlink.ts";
import type { NoPrice, Price } from "./effects.ts";
import type { RpcClient } from "./json-rpc.ts";
import { encodeObserve, readMeanPrice } from "./uniswap-v3/mean-price.ts";

/** When a feed is read, and the time of the block that it is read at. */
export interface ReadTimes {
  readonly now: Instant;
  readonly stamped: Instant;
}

/** What a feed's answer is held against beside its own age. */
export interface Checks {
  /** USD for a whole token. */
  readonly min?: Decimal;
  readonly max?: Decimal;
  readonly sequencer?: { readonly address: Address; readonly grace: number };
  readonly twap?: { readonly pool: string; readonly window: number; readonly band_bps: Decimal };
}

/** An answer outside its bounds: the feed has failed, or shows where it is cut off. */
export function boundProblem({ min, max }: Checks, answer: Decimal, symbol: string): NoPrice | undefined {
  if (min !== undefined && answer.lt(min))
    return none(`the feed of ${symbol} answers ${answer.toFixed()}, below ${min.toFixed()}`);
  if (max !== undefined && answer.gt(max))
    return none(`the feed of ${symbol} answers ${answer.toFixed()}, above ${max.toFixed()}`);
  return undefined;
}

/** While a layer 2's sequencer is down, and for a while after, only those who can force transactions see the market. */
export async function sequencerProblem(
  rpc: RpcClient,
  { address, grace }: NonNullable<Checks["sequencer"]>,
  block: string,
  { now, stamped }: ReadTimes,
): Promise<NoPrice | undefined> {
  try {
    const status = decodeStatus(await rpc.request<Hex>("eth_call", [{ to: address, data: latestRoundCall }, block]));
    if (!status) return none(`${address} does not answer as a sequencer's feed`);
    if (status.since > stamped)
      return none(`the sequencer's feed is dated ${isoTime(status.since)}, after the block it is read at`);
    if (!status.up) return none(`the sequencer is down since ${isoTime(status.since)}`);
    if (now - status.since < grace)
      return none(`the sequencer is back since ${isoTime(status.since)} and has ${grace / 1000} s to catch up`);
    return undefined;
  } catch (error) {
    return none(`the sequencer's feed cannot be read: ${messageOf(error)}`);
  }
}

/** A pool's tokens, with what is needed to price one by the other. */
export interface MeanPool {
  readonly address: Address;
  readonly token: { readonly address: Address; readonly decimals: number };
  readonly other: { readonly address: Address; readonly decimals: number; readonly price: Price };
}

/**
 * Whether a pool's mean price over a while says the same as the feeds, within both feeds' errors and the band: one source
 * alone can fail or be moved.
 */
export async function meanProblem(
  rpc: RpcClient,
  { window, band_bps }: NonNullable<Checks["twap"]>,
  { address, token, other }: MeanPool,
  price: Price,
  symbol: string,
  block: string,
): Promise<NoPrice | undefined> {
  try {
    const answer = await rpc.request<Hex>("eth_call", [{ to: address, data: encodeObserve(window) }, block]);
    const first = BigInt(lower(token.address)) < BigInt(lower(other.address));
    const [one, two] = first ? [token, other] : [other, token];
    const mean = readMeanPrice(answer, { window, decimals0: one.decimals, decimals1: two.decimals });
    if (!mean || mean.isZero()) return none(`the pool that ${symbol} is checked against does not say its mean price`);
    const usd = (first ? mean : ONE.div(mean)).times(other.price.usd);
    const off = usd.div(price.usd).minus(1).abs().times(BPS);
    const most = price.error_bps.plus(other.price.error_bps).plus(band_bps);
    if (off.lte(most)) return undefined;
    const reason = `${symbol} is ${price.usd.toFixed()} by its feed and ${usd.toFixed(6)} by its pool's mean, ${off.toFixed(0)} bps apart; ${most.toFixed()} is the most`;
    // Whoever moved one of them wants it sold for less.
    return { missing: "PRICE_DISAGREES", reason, last_usd: max(price.usd, usd) };
  } catch (error) {
    return none(`the pool that ${symbol} is checked against cannot be read: ${messageOf(error)}`);
  }
}

function none(reason: string): NoPrice {
  return { missing: "PRICE_UNKNOWN", reason };
}
