import { type Clock, DAY, HOUR, MINUTE } from "../../core/clock.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import type { InfoClient } from "../../protocols/hyperliquid/info-client.ts";
import type { HyperliquidScope } from "../../venues/hyperliquid/scope.ts";
import type { PriceHistoryReads } from "../tool-context.ts";

/** The lengths of the venue's candles, longest first. */
const LENGTHS: readonly (readonly [name: string, length: number])[] = [
  ["1d", DAY],
  ["4h", 4 * HOUR],
  ["1h", HOUR],
  ["15m", 15 * MINUTE],
  ["5m", 5 * MINUTE],
  ["1m", MINUTE],
];

/** The history that the exchange keeps: candles of the mandate's markets. */
export function candleHistory({
  scope,
  info,
  clock,
}: {
  readonly scope: Pick<HyperliquidScope, "label" | "markets">;
  readonly info: Pick<InfoClient, "candles">;
  readonly clock: Clock;
}): PriceHistoryReads {
  return {
    async series(asset, spacing, most) {
      const { chain, symbol } = splitAssetId(asset);
      const pin = chain === scope.label && Object.hasOwn(scope.markets, symbol) ? scope.markets[symbol] : undefined;
      const [name, length] = LENGTHS.find(([, one]) => one <= spacing) ?? ["1m", MINUTE];
      if (!pin) return null;
      const now = await clock.now();
      const candles = await info.candles(pin.coin, name, now - (most + 1) * length, now);
      const points = candles.map(({ T, c, h, l }) => ({ at: Math.min(T, now), close: c, high: h, low: l }));
      return { source: `${name} candles of ${pin.coin}`, points: points.slice(-most) };
    },
  };
}
