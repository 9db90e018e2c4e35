import type { Clock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { httpTransport, type InfoClient, infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { meteredTransport } from "../../protocols/hyperliquid/metered-transport.ts";
import { WEIGHT_A_MINUTE } from "../../protocols/hyperliquid/request-weights.ts";
import { WeightMeter } from "../../protocols/hyperliquid/weight-meter.ts";
import type { Venue } from "../venue.ts";
import { hyperliquidVenue } from "./hyperliquid-venue.ts";
import type { HyperliquidIntent } from "./intents.ts";
import { marketSignals } from "./market-signals.ts";
import type { HyperliquidObservation } from "./observation.ts";
import type { HyperliquidScope } from "./scope.ts";
import { hyperliquidScope } from "./scope-of.ts";

/** Of the venue's weight in a minute half is left to the gateway; of the rest the meter lets agents have four fifths. */
const AGENT_OF_MINUTE = WEIGHT_A_MINUTE / 2;

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
  const ask = httpTransport(url);
  const shared = Object.values(mandate.terms.book.exchanges).some(({ api }) => api !== "world");
  // A world's exchange is asked by nobody else. A venue counts by address, and the gateway may ask from this one.
  const metered = shared ? meteredTransport(ask, { meter: new WeightMeter(AGENT_OF_MINUTE), clock }) : ask;
  const info = infoClient({ url: metered });
  const signals = mandate.brief.strategies === undefined ? {} : { signals: marketSignals({ scope, info, clock }) };
  return { venue: hyperliquidVenue({ scope, info, clock, ...signals }), scope, info };
}
