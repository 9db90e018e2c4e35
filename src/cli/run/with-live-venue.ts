import type { Clock } from "../../core/clock.ts";
import { endpointsOf } from "../../gateway/serve/run-gateway.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import { hyperliquidVenue } from "../../venues/hyperliquid/hyperliquid-venue.ts";
import { hyperliquidScope } from "../../venues/hyperliquid/scope-of.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";

/** Does something with the venue of a mandate on a real network, whichever it is. */
export function withLiveVenue<T>(
  mandate: Mandate,
  clock: Clock,
  use: <I extends AnyIntent & Intent, S extends Observation>(venue: Venue<I, S>) => Promise<T>,
): Promise<T> {
  const { terms } = mandate;
  if (terms.venue === "hyperliquid") {
    const scope = hyperliquidScope(mandate);
    const url = terms.book.exchanges[scope.label]?.api ?? "";
    return use(hyperliquidVenue({ scope, info: infoClient({ url }), clock }));
  }
  const endpoints = Object.entries(endpointsOf(mandate, undefined));
  return use(evmVenue({ mandate, rpcs: Object.fromEntries(endpoints.map(([chain, url]) => [chain, rpcClient(url)])), clock }));
}
