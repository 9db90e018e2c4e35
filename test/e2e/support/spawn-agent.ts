import { join } from "node:path";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { type SpawnedAgent, spawnChild } from "../../support/spawn-child.ts";
import type { AgentOrders } from "./agent-child.ts";

/** Starts an agent in a process of its own. It sleeps on `world`; `on` hears its events. */
export function spawnAgent(world: EvmWorld, orders: AgentOrders, on: (event: string) => void = () => undefined): SpawnedAgent {
  return spawnChild(join(import.meta.dirname, "agent-child.ts"), orders, world.clock, on);
}
