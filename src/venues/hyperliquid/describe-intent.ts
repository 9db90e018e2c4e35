import { splitAssetId } from "../../protocols/effects.ts";
import type { HyperliquidIntent } from "./intents.ts";

/** "sell 0.4 ETH:perp at the market, reduce-only": what is wanted, for people. */
export function describeIntent(intent: HyperliquidIntent): string {
  if (intent.kind === "transfer") return `move ${intent.usd.toFixed()} USD to ${intent.to}`;
  const { symbol } = splitAssetId(intent.market);
  switch (intent.kind) {
    case "order": {
      const { size, usd, share } = intent;
      const much = size?.toFixed() ?? (usd ? `${usd.toFixed()} USD of` : `${share?.times(100).toFixed()} % of the value of`);
      const where = intent.price ? `at ${intent.price.toFixed()}` : "at the market";
      return `${intent.side} ${much} ${symbol} ${where}${intent.reduce_only ? ", reduce-only" : ""}`;
    }
    case "close":
      return intent.size ? `close ${intent.size.toFixed()} of ${symbol}` : `close ${symbol}`;
    case "cancel":
      return `cancel ${intent.order ?? intent.cloid ?? "every order"} of ${symbol}`;
    case "stop":
    case "take_profit":
      return `${intent.kind === "stop" ? "stop" : "take profit of"} ${intent.size?.toFixed() ?? "all"} ${symbol} at ${intent.trigger.toFixed()}`;
    case "set_leverage":
      return `set ${symbol} to ${intent.leverage} times, ${intent.margin}`;
  }
}
