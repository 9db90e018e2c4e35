import type { Address } from "../../../../core/hex.ts";
import type { WireOrder } from "../../../../protocols/hyperliquid/actions.ts";
import { Exchange } from "../exchange.ts";
import type { ExchangeConfig } from "../types.ts";

export const START = Date.UTC(2026, 0, 5);
export const BTC = 0;
export const ETH = 1;
export const PURR = 10_000;

/** The n-th address of a test. */
export function trader(n: number): Address {
  return `0x${(n + 1).toString(16).padStart(40, "0")}`;
}

/** Two perpetuals and a spot pair, and four traders with 10,000 dollars each. */
export function smallExchange(config: Partial<ExchangeConfig> = {}): Exchange {
  const exchange = new Exchange({
    start: START,
    perps: [
      {
        coin: "BTC",
        szDecimals: 5,
        maxLeverage: 50,
        oracle: "100000",
        tiers: [
          { lowerBound: "0", maxLeverage: 50 },
          { lowerBound: "200000", maxLeverage: 20 },
        ],
      },
      { coin: "ETH", szDecimals: 4, maxLeverage: 25, oracle: "3000" },
    ],
    tokens: [{ name: "PURR", szDecimals: 0, weiDecimals: 5 }],
    spots: [{ coin: "PURR/USDC", index: 0, base: "PURR", reference: "0.2" }],
    insurance: "50000",
    ...config,
  });
  for (let n = 0; n < 4; n++) exchange.deposit(trader(n), "10000");
  return exchange;
}

export type Kind = "Gtc" | "Ioc" | "Alo" | "FrontendMarket";

/** An order of the wire: asset, side, price, size. */
export function limit(
  a: number,
  side: "buy" | "sell",
  p: string,
  s: string,
  tif: Kind = "Gtc",
  more: Partial<WireOrder> = {},
): WireOrder {
  return { a, b: side === "buy", p, s, r: false, t: { limit: { tif } }, ...more };
}

export function stop(
  a: number,
  side: "buy" | "sell",
  triggerPx: string,
  s: string,
  tpsl: "tp" | "sl",
  more: Partial<WireOrder> = {},
): WireOrder {
  return { a, b: side === "buy", p: triggerPx, s, r: true, t: { trigger: { isMarket: true, triggerPx, tpsl } }, ...more };
}
