import { didYouMean } from "../../mandate/suggest.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import { describeIntent } from "../../venues/hyperliquid/describe-intent.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation, SeenMarket } from "../../venues/hyperliquid/observation.ts";
import { ToolError } from "../tool-error.ts";
import type { VenueWords } from "../venue-words.ts";

const OWN_TOOLS: Readonly<Record<HyperliquidIntent["kind"], string>> = {
  order: "place_order",
  close: "close_position",
  cancel: "cancel_order",
  stop: "place_stop",
  take_profit: "place_take_profit",
  set_leverage: "set_leverage",
  transfer: "transfer_usd",
};

/** How the exchange's things are called: markets as "BTC:perp", and a coin alone means its perpetual. */
export const hyperliquidWords: VenueWords<HyperliquidIntent, HyperliquidObservation> = {
  intentOf: (type, { market, ...params }, { venue }) =>
    venue.readIntent({ ...params, kind: type, ...(typeof market === "string" ? { market: withKind(market) } : {}) }),
  describe: describeIntent,
  toolOf: ({ kind }) => OWN_TOOLS[kind],
  assetOf: (name, _chain, _context, seen) => marketNamed(seen, name).asset,
};

/** A market of the mandate by its name, with or without its kind. @throws {ToolError} token_not_allowed. */
export function marketNamed(seen: HyperliquidObservation, name: string): SeenMarket {
  const wanted = withKind(name).toLowerCase();
  const found = seen.markets.find(
    ({ asset }) => asset.toLowerCase() === wanted || splitAssetId(asset).symbol.toLowerCase() === wanted,
  );
  if (found) return found;
  const known = seen.markets.map(({ asset }) => splitAssetId(asset).symbol);
  throw new ToolError("token_not_allowed", `${JSON.stringify(name.slice(0, 60))} is no market of the mandate`, {
    remedy: didYouMean(withKind(name), known, `It has ${known.join(", ")}.`),
  });
}

function withKind(name: string): string {
  return name.includes(":") ? name : `${name}:perp`;
}
