import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import type { AgentOrders, AgentWord } from "./agent-child.ts";

export interface SpawnedAgent {
  /** Resolves when it has ended, with its exit code, or null when it was killed. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts an agent in a process of its own. It sleeps on `world`; `on` hears its events. */
export function spawnAgent(world: EvmWorld, orders: AgentOrders, on: (event: string) => void = () => undefined): SpawnedAgent {
  const child = fork(join(import.meta.dirname, "agent-child.ts"), [JSON.stringify(orders)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.on("message", (word: AgentWord) => {
    if ("event" in word) return on(word.event);
    world.clock.sleep(word.sleep).then(
      () => answer(child),
      // A world that cannot sleep any more ends the agent, which ends the test.
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
