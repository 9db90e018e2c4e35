import type { PerpConfig, SpotConfig, TokenConfig } from "./engine/types.ts";
import type { SeededMarket } from "./market/seeded-source.ts";

/** The perpetuals that a seeded paper exchange lists, as they might stand. */
export const PERPS: readonly PerpConfig[] = [
  {
    coin: "BTC",
    szDecimals: 5,
    maxLeverage: 40,
    tiers: [
      { lowerBound: "0", maxLeverage: 40 },
      { lowerBound: "150000000", maxLeverage: 20 },
    ],
    oracle: "100000",
  },
  {
    coin: "ETH",
    szDecimals: 4,
    maxLeverage: 25,
    tiers: [
      { lowerBound: "0", maxLeverage: 25 },
      { lowerBound: "100000000", maxLeverage: 15 },
    ],
    oracle: "3500",
  },
  { coin: "SOL", szDecimals: 2, maxLeverage: 20, oracle: "150" },
  { coin: "HYPE", szDecimals: 2, maxLeverage: 10, oracle: "40" },
  { coin: "PURR", szDecimals: 0, maxLeverage: 3, oracle: "0.2", openInterestCap: "1000000" },
];

export const TOKENS: readonly TokenConfig[] = [
  { name: "PURR", szDecimals: 0, weiDecimals: 5 },
  { name: "HYPE", szDecimals: 2, weiDecimals: 8 },
  { name: "UBTC", szDecimals: 5, weiDecimals: 10 },
  { name: "UETH", szDecimals: 4, weiDecimals: 9 },
];

export const SPOTS: readonly SpotConfig[] = [
  { coin: "PURR/USDC", index: 0, base: "PURR", reference: "0.2" },
  { coin: "@107", index: 107, base: "HYPE", reference: "40" },
  { coin: "@142", index: 142, base: "UBTC", reference: "100000" },
  { coin: "@151", index: 151, base: "UETH", reference: "3500" },
];

/** How those markets move. The spot pairs follow their perpetuals; PURR is thin. */
export const MOVES: readonly SeededMarket[] = [
  { coin: "BTC", price: 100_000, annualVolatility: 0.5, depth: { levelUsd: 200_000, spreadBps: 1 } },
  { coin: "ETH", price: 3_500, annualVolatility: 0.7, depth: { levelUsd: 100_000, spreadBps: 1.5 } },
  { coin: "SOL", price: 150, annualVolatility: 0.9, depth: { levelUsd: 40_000 } },
  { coin: "HYPE", price: 40, annualVolatility: 1.1, depth: { levelUsd: 20_000, spreadBps: 4 } },
  { coin: "PURR", price: 0.2, annualVolatility: 1.5, depth: { levelUsd: 1_000, spreadBps: 20 }, flowUsd: 2_000 },
  { coin: "PURR/USDC", price: 0.2, annualVolatility: 1.5, depth: { levelUsd: 1_000, spreadBps: 30 }, follows: "PURR" },
  { coin: "@107", price: 40, annualVolatility: 1.1, depth: { levelUsd: 10_000, spreadBps: 6 }, follows: "HYPE" },
  { coin: "@142", price: 100_000, annualVolatility: 0.5, depth: { levelUsd: 50_000, spreadBps: 3 }, follows: "BTC" },
  { coin: "@151", price: 3_500, annualVolatility: 0.7, depth: { levelUsd: 30_000, spreadBps: 3 }, follows: "ETH" },
];
