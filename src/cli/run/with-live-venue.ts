import type { Clock } from "../../core/clock.ts";
import type { Toolset } from "../../deciders/loop/loop-decider.ts";
import { endpointsOf } from "../../gateway/serve/run-gateway.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { EVM_TOOLS } from "../../tools/evm/evm-tools.ts";
import { candleHistory } from "../../tools/history/candles.ts";
import { feedRounds } from "../../tools/history/feed-rounds.ts";
import { HYPERLIQUID_TOOLS } from "../../tools/hyperliquid/hyperliquid-tools.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import { venueOfMandate } from "../../venues/hyperliquid/venue-of-mandate.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";

/** Does something with the venue of a mandate on a real network, whichever it is; `world`: on one that runs there. */
export function withLiveVenue<T>(
  mandate: Mandate,
  clock: Clock,
  use: <I extends AnyIntent & Intent, S extends Observation>(venue: Venue<I, S>, toolset: Toolset<I, S>) => Promise<T>,
  world?: string,
): Promise<T> {
  const { terms } = mandate;
  if (terms.venue === "hyperliquid") {
    const [url = ""] = Object.values(endpointsOf(mandate, world));
    const { venue, scope, info } = venueOfMandate(mandate, url, clock);
    const toolset = { tools: HYPERLIQUID_TOOLS, history: candleHistory({ scope, info, clock }) };
    return use(venue, toolset);
  }
  const endpoints = Object.entries(endpointsOf(mandate, world));
  const rpcs = Object.fromEntries(endpoints.map(([chain, url]) => [chain, rpcClient(url)]));
  return use(evmVenue({ mandate, rpcs, clock }), { tools: EVM_TOOLS, history: feedRounds({ terms, rpcs, clock }) });
}
