import { join } from "node:path";
import type { PaperExchange } from "../../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { type SpawnedAgent, spawnChild } from "../../support/spawn-child.ts";
import type { ExchangeAgentOrders } from "./exchange-agent-child.ts";

/** Starts an agent of an exchange in a process of its own. It sleeps on `exchange`; `on` hears its events. */
export function spawnExchangeAgent(
  exchange: PaperExchange,
  orders: ExchangeAgentOrders,
  on: (event: string) => void = () => undefined,
): SpawnedAgent {
  return spawnChild(join(import.meta.dirname, "exchange-agent-child.ts"), orders, exchange.clock, on);
}
