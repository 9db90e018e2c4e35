import type { FeedRule } from "./feed-rule.ts";

export type TokenSymbol = "WETH" | "USDC" | "DAI" | "GOV";
export type PoolName = "WETH-USDC" | "WETH-USDC-3000" | "GOV-USDC" | "DAI-USDC" | "GOV-WETH";

interface TokenSpec {
  readonly name: string;
  readonly decimals: number;
  /** USD at the world's start. */
  readonly price: string;
  readonly annualVolatility: number;
  readonly feed: FeedRule;
}

const RISKY_FEED: FeedRule = { deviationBps: 50, heartbeat: 55 * 60 };
const STABLE_FEED: FeedRule = { deviationBps: 50, heartbeat: 24 * 3600 };

/** The order is the order of deployment: changing it changes addresses. */
export const TOKENS: Readonly<Record<TokenSymbol, TokenSpec>> = {
  WETH: { name: "Wrapped Ether", decimals: 18, price: "3000", annualVolatility: 0.6, feed: RISKY_FEED },
  USDC: { name: "USD Coin", decimals: 6, price: "1", annualVolatility: 0, feed: STABLE_FEED },
  DAI: { name: "Dai Stablecoin", decimals: 18, price: "1", annualVolatility: 0, feed: STABLE_FEED },
  GOV: { name: "Governance Token", decimals: 18, price: "12.5", annualVolatility: 0.9, feed: RISKY_FEED },
};
export const SYMBOLS = Object.keys(TOKENS) as readonly TokenSymbol[];

/** Decimals of every feed's answer. */
export const FEED_DECIMALS = 8;

interface PositionSpec {
  /** USD on each side. */
  readonly usd: string;
  /** Ticks on each side of the first price; left out, the whole range. */
  readonly ticks?: number;
}

interface PoolSpec {
  readonly tokens: readonly [TokenSymbol, TokenSymbol];
  /** In hundredths of a basis point. */
  readonly fee: 100 | 500 | 3000 | 10000;
  readonly positions: readonly PositionSpec[];
  /** Whether arbitrage and noise traders visit it. */
  readonly traded: boolean;
}

/** 6,900 ticks are a factor of two, 480 are 5 %. Pools in order of deployment. */
export const POOLS: Readonly<Record<PoolName, PoolSpec>> = {
  "WETH-USDC": {
    tokens: ["WETH", "USDC"],
    fee: 500,
    positions: [{ usd: "10000000", ticks: 6900 }, { usd: "1000000" }],
    traded: true,
  },
  "WETH-USDC-3000": { tokens: ["WETH", "USDC"], fee: 3000, positions: [{ usd: "200000" }], traded: true },
  "GOV-USDC": {
    tokens: ["GOV", "USDC"],
    fee: 3000,
    positions: [{ usd: "1000000", ticks: 6900 }, { usd: "500000" }],
    traded: true,
  },
  "DAI-USDC": { tokens: ["DAI", "USDC"], fee: 100, positions: [{ usd: "5000000", ticks: 480 }, { usd: "500000" }], traded: true },
  "GOV-WETH": { tokens: ["GOV", "WETH"], fee: 10000, positions: [{ usd: "50000" }], traded: false },
};
export const POOL_NAMES = Object.keys(POOLS) as readonly PoolName[];

export const TICK_SPACING: Readonly<Record<PoolSpec["fee"], number>> = { 100: 1, 500: 10, 3000: 60, 10000: 200 };

/** Observations that each pool keeps for time-weighted prices: five hours at one tick a minute. */
export const OBSERVATIONS = 300;

/** What the market's other side owns of each token, in whole tokens. */
export const MARKET_HOLDS = "100000000";
