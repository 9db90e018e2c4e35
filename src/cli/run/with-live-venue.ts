import type { Clock } from "../../core/clock.ts";
import type { Toolset } from "../../deciders/loop/loop-decider.ts";
import { endpointsOf } from "../../gateway/serve/endpoints-of.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";

/**
 * Does something with the venue of a mandate on a real network, whichever it is; `world`: on one that runs there. What an agent
 * with tools is given there is loaded when it is asked for.
 */
export async function withLiveVenue<T>(
  mandate: Mandate,
  clock: Clock,
  use: <I extends AnyIntent & Intent, S extends Observation>(
    venue: Venue<I, S>,
    toolset: () => Promise<Toolset<I, S>>,
  ) => Promise<T>,
  world?: string,
): Promise<T> {
  const { terms } = mandate;
  if (terms.venue === "hyperliquid") {
    const [url = ""] = Object.values(endpointsOf(mandate, world));
    const { venueOfMandate } = await import("../../venues/hyperliquid/venue-of-mandate.ts");
    const { venue, scope, info } = venueOfMandate(mandate, url, clock);
    return use(venue, async () => {
      const [{ HYPERLIQUID_TOOLS }, { candleHistory }] = await Promise.all([
        import("../../tools/hyperliquid/hyperliquid-tools.ts"),
        import("../../tools/history/candles.ts"),
      ]);
      return { tools: HYPERLIQUID_TOOLS, history: candleHistory({ scope, info, clock }) };
    });
  }
  const endpoints = Object.entries(endpointsOf(mandate, world));
  const rpcs = Object.fromEntries(endpoints.map(([chain, url]) => [chain, rpcClient(url)]));
  const { evmVenue } = await import("../../venues/evm/evm-venue.ts");
  return use(evmVenue({ mandate, rpcs, clock }), async () => {
    const [{ EVM_TOOLS }, { feedRounds }] = await Promise.all([
      import("../../tools/evm/evm-tools.ts"),
      import("../../tools/history/feed-rounds.ts"),
    ]);
    return { tools: EVM_TOOLS, history: feedRounds({ terms, rpcs, clock }) };
  });
}
