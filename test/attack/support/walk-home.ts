import { bringHome, type HomeReport } from "../../../src/agent/bring-home.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../../src/venues/evm/evm-venue.ts";
import type { GovernedHouse } from "../../operator/support/governed-house.ts";

/** The operator's flatten, in this process. */
export function walkHome({
  house: { world, mandate },
  operator,
}: Pick<GovernedHouse, "house" | "operator">): Promise<HomeReport> {
  return bringHome({
    mandate,
    venue: evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock }),
    clock: world.clock,
    exit: (actions) => operator.exit(actions),
    settle: () => operator.settle(),
    on: () => undefined,
  });
}
