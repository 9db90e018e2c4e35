import { holdingKey } from "../../planning/targets.ts";
import { IntentError } from "../venue.ts";
import { type Exposure, intentForms, type Vocabulary } from "../vocabulary.ts";
import { type HyperliquidIntent, hyperliquidIntentSchema } from "./intents.ts";
import { legsOf, marketOf } from "./legs.ts";
import type { HyperliquidObservation } from "./observation.ts";
import type { HyperliquidScope } from "./scope.ts";

const SAYS = {
  order: "buy or sell in a market: one of size (coins), usd and share (of portfolio value); a limit order has a price",
  close: "close what is held of a market at the market, or size coins of it",
  cancel: "cancel a resting order of a market by its number, or all of them",
  stop: "close the position once its market has gone against it as far as trigger",
  take_profit: "close the position once its market has come in its favour as far as trigger",
  set_leverage: "how a perpetual's margin is kept from now on",
  transfer: "move USD between the spot and the perpetuals class of the own account",
} as const satisfies Record<HyperliquidIntent["kind"], string>;

/** What may be wanted of Hyperliquid, for those who decide. Transfers are offered where somebody here may make them. */
export function hyperliquidVocabulary(scope: HyperliquidScope): Vocabulary<HyperliquidIntent, HyperliquidObservation> {
  const { transfer: _, ...trades } = SAYS;
  return {
    intents: intentForms(hyperliquidIntentSchema.options, scope.transfers ? SAYS : trades),
    may: (seen) => ({
      shorts: new Set(
        seen.markets.filter(({ pin }) => pin.kind === "perp").map(({ asset }) => holdingKey(scope.account.label, asset)),
      ),
      most: scope.most_gross,
    }),
    adds: (intent, seen) => (intent.kind === "order" ? addsOf(intent, seen, scope) : []),
  };
}

function addsOf(
  intent: Extract<HyperliquidIntent, { kind: "order" }>,
  seen: HyperliquidObservation,
  scope: HyperliquidScope,
): readonly Exposure[] | null {
  try {
    const { price_usd } = marketOf(seen, intent.market);
    return legsOf(intent, seen, scope)
      .filter(({ reduces }) => !reduces)
      .map(({ side, size }) => ({
        account: scope.account.label,
        asset: intent.market,
        change_usd: price_usd && size.times(price_usd).times(side === "buy" ? 1 : -1),
      }));
  } catch (error) {
    if (error instanceof IntentError) return null;
    throw error;
  }
}
