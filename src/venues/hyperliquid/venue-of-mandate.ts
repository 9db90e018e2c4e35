import type { Clock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { type InfoClient, infoClient } from "../../protocols/hyperliquid/info-client.ts";
import type { Venue } from "../venue.ts";
import { hyperliquidVenue } from "./hyperliquid-venue.ts";
import type { HyperliquidIntent } from "./intents.ts";
import { marketSignals } from "./market-signals.ts";
import type { HyperliquidObservation } from "./observation.ts";
import type { HyperliquidScope } from "./scope.ts";
import { hyperliquidScope } from "./scope-of.ts";

/** The exchange of a mandate as its agent sees it, with what there is to look at it by. */
export interface MandateVenue {
  readonly venue: Venue<HyperliquidIntent, HyperliquidObservation>;
  readonly scope: HyperliquidScope;
  readonly info: InfoClient;
}

/**
 * Signals are read where the mandate lists strategies, which are held to them: elsewhere they would only use up quota.
 *
 * @param url - the venue's HTTP API without "/info".
 * @param scope - where the caller has it already.
 * @throws {IntentError} NO_MARKET: the mandate names no exchange.
 */
export function venueOfMandate(
  mandate: Pick<Mandate, "terms" | "brief">,
  url: string,
  clock: Clock,
  scope: HyperliquidScope = hyperliquidScope(mandate),
): MandateVenue {
  const info = infoClient({ url });
  const signals = mandate.brief.strategies === undefined ? {} : { signals: marketSignals({ scope, info, clock }) };
  return { venue: hyperliquidVenue({ scope, info, clock, ...signals }), scope, info };
}
