import { ZERO } from "../core/decimal.ts";
import type { Prices } from "./effects.ts";

/** Prices with what a source last said standing in where it is too old or off its peg. Only a way home may go by them. */
export function withLastWords(prices: Prices): Prices {
  return Object.fromEntries(
    Object.entries(prices).map(([asset, price]) => {
      if ("usd" in price || price.last_usd === undefined) return [asset, price];
      return [asset, { usd: price.last_usd, error_bps: ZERO, at: 0 }];
    }),
  );
}
