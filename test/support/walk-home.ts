import { bringHome, type HomeEvent, type HomeReport } from "../../src/agent/bring-home.ts";
import type { Operator } from "../../src/gateway/operator/operator.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import type { House } from "./house.ts";

/** The operator's flatten, in this process. */
export function walkHome(
  { house: { world, mandate }, operator }: { readonly house: Pick<House, "world" | "mandate">; readonly operator: Operator },
  events: HomeEvent[] = [],
): Promise<HomeReport> {
  return bringHome({
    mandate,
    venue: evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock }),
    clock: world.clock,
    exit: (actions) => operator.exit(actions),
    settle: () => operator.settle(),
    on: (event) => events.push(event),
  });
}
