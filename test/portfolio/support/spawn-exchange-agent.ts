import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { PaperExchange } from "../../../src/worlds/paper-exchange/start-paper-exchange.ts";
import type { ExchangeAgentOrders, ExchangeAgentWord } from "./exchange-agent-child.ts";

export interface SpawnedExchangeAgent {
  /** Resolves when it has ended, with its exit code, or null when it was killed. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts an agent in a process of its own. It sleeps on `exchange`; `on` hears its events. */
export function spawnExchangeAgent(
  exchange: PaperExchange,
  orders: ExchangeAgentOrders,
  on: (event: string) => void = () => undefined,
): SpawnedExchangeAgent {
  const child = fork(join(import.meta.dirname, "exchange-agent-child.ts"), [JSON.stringify(orders)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.on("message", (word: ExchangeAgentWord) => {
    if ("event" in word) return on(word.event);
    exchange.clock.sleep(word.sleep).then(
      () => answer(child),
      // An exchange that cannot sleep any more ends the agent, which ends the test.
      () => child.kill("SIGKILL"),
    );
  });
  return {
    ended,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function answer(child: ChildProcess): void {
  // It may have been killed in its sleep.
  if (child.connected) child.send("awake", () => undefined);
}
