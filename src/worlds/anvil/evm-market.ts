import { encodeFunctionData } from "viem/utils";
import type { Instant } from "../../core/clock.ts";
import { type Decimal, toUnits } from "../../core/decimal.ts";
import { InvariantError } from "../../core/errors.ts";
import type { Address } from "../../core/hex.ts";
import { type MarketProcess, type MarketState, stepMarket } from "../market.ts";
import { TRADER } from "./actors.ts";
import type { Anvil } from "./anvil.ts";
import { sortPair } from "./build-evm-world.ts";
import { EVM_ADDRESSES } from "./evm-addresses.ts";
import { type FeedAnswer, feedIsDue } from "./feed-rule.ts";
import { noiseTrades } from "./noise.ts";
import { sendTransaction } from "./send-transaction.ts";
import { sqrtPriceX96 } from "./sqrt-price.ts";
import { MARKET_ABI } from "./world-abi.ts";
import { FEED_DECIMALS, POOL_NAMES, POOLS, type PoolName, SYMBOLS, TOKENS, type TokenSymbol } from "./world-spec.ts";

/** All of a world that is not on its chain. Immutable: a snapshot is a reference. */
export interface WorldState {
  readonly process: MarketProcess;
  /** When tick 0 was. */
  readonly start: Instant;
  readonly market: MarketState;
  /** What each feed answered last. */
  readonly feeds: Readonly<Record<TokenSymbol, FeedAnswer>>;
  /** While true, feeds follow nothing. */
  readonly frozen: boolean;
  /** The trader's next nonce. */
  readonly nonce: number;
}

export interface Gift {
  readonly symbol: TokenSymbol;
  readonly to: Address;
  /** Whole tokens. */
  readonly amount: Decimal;
}

/** When the tick after this state's last is due. */
export function nextTickAt({ start, market, process }: WorldState): Instant {
  return start + (market.tick + 1) * process.period;
}

/** The state one tick on; nothing is sent yet. */
export function withNextTick(state: WorldState): WorldState {
  return { ...state, market: stepMarket(state.process, state.market) };
}

export function priceOf(state: WorldState, symbol: TokenSymbol): Decimal {
  const price = state.market.prices[symbol];
  if (price === undefined) throw new InvariantError(`the market has no price for ${symbol}`);
  return price;
}

export interface Publishing {
  /** Time of the latest block, in seconds. */
  readonly now: number;
  /** Time of the block to make, in seconds; left out, the second after `now`. */
  readonly at?: number;
  readonly noise: boolean;
}

/**
 * Brings the chain to the state's prices in one transaction in a block of its own: noise trades, arbitrage of every
 * traded pool to exactly the true price, and the feeds that are due.
 */
export async function publishMarket(
  chain: Anvil,
  state: WorldState,
  { now, at = now + 1, noise }: Publishing,
): Promise<WorldState> {
  const due = state.frozen ? [] : SYMBOLS.filter((symbol) => isDue(state, symbol, at));
  const answers = due.map((symbol) => [symbol, { price: priceOf(state, symbol), updatedAt: at }] as const);
  const trades = noise ? noiseTrades(state.process.seed, state.market.tick) : [];
  const data = encodeFunctionData({
    abi: MARKET_ABI,
    functionName: "tick",
    args: [
      trades.flatMap(({ pool, sell, usd }) => {
        const units = toUnits(usd.div(priceOf(state, sell)), TOKENS[sell].decimals);
        if (units === 0n) return []; // a price beyond reason: a swap of nothing reverts
        return [{ pool: EVM_ADDRESSES.pools[pool], amount: sorted(pool)[0] === sell ? units : -units }];
      }),
      POOL_NAMES.filter((name) => POOLS[name].traded).map((name) => ({
        pool: EVM_ADDRESSES.pools[name],
        sqrtPriceX96: truePoolPrice(state, name),
      })),
      answers.map(([symbol, answer]) => encodeAnswer(symbol, answer)),
    ],
  });
  // The next second comes by itself, also when somebody else's block takes it first.
  const block = at === now + 1 ? {} : { at };
  await sendTransaction(chain, { from: TRADER, nonce: state.nonce, to: EVM_ADDRESSES.contracts.market, data, ...block });
  return { ...state, nonce: state.nonce + 1, feeds: { ...state.feeds, ...Object.fromEntries(answers) } };
}

/** Makes one feed answer anything. */
export async function answerFeed(chain: Anvil, state: WorldState, symbol: TokenSymbol, answer: FeedAnswer): Promise<WorldState> {
  const data = encodeFunctionData({ abi: MARKET_ABI, functionName: "tick", args: [[], [], [encodeAnswer(symbol, answer)]] });
  await sendTransaction(chain, { from: TRADER, nonce: state.nonce, to: EVM_ADDRESSES.contracts.market, data });
  return { ...state, nonce: state.nonce + 1, feeds: { ...state.feeds, [symbol]: answer } };
}

/** Hands out tokens from what the market holds, in one transaction. */
export async function giveTokens(chain: Anvil, state: WorldState, gifts: readonly Gift[]): Promise<WorldState> {
  const args = gifts.map(({ symbol, to, amount }) => ({
    token: EVM_ADDRESSES.tokens[symbol],
    to,
    amount: toUnits(amount, TOKENS[symbol].decimals),
  }));
  const data = encodeFunctionData({ abi: MARKET_ABI, functionName: "give", args: [args] });
  await sendTransaction(chain, { from: TRADER, nonce: state.nonce, to: EVM_ADDRESSES.contracts.market, data });
  return { ...state, nonce: state.nonce + 1 };
}

/** sqrtPriceX96 that a pool has when it agrees with the true prices. */
export function truePoolPrice(state: WorldState, pool: PoolName): bigint {
  const [symbol0, symbol1] = sorted(pool);
  const [token0, token1] = [TOKENS[symbol0], TOKENS[symbol1]];
  return sqrtPriceX96(priceOf(state, symbol0), token0.decimals, priceOf(state, symbol1), token1.decimals);
}

function sorted(pool: PoolName): readonly [TokenSymbol, TokenSymbol] {
  return sortPair(POOLS[pool].tokens, EVM_ADDRESSES.tokens);
}

function isDue(state: WorldState, symbol: TokenSymbol, at: number): boolean {
  return feedIsDue(state.feeds[symbol], priceOf(state, symbol), at, TOKENS[symbol].feed);
}

function encodeAnswer(symbol: TokenSymbol, { price, updatedAt }: FeedAnswer) {
  return { feed: EVM_ADDRESSES.feeds[symbol], answer: toUnits(price, FEED_DECIMALS), updatedAt: BigInt(updatedAt) };
}
