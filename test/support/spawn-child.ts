import { type ChildProcess, fork } from "node:child_process";
import type { Clock } from "../../src/core/clock.ts";

/** What an agent's process says: what it did, or until when it sleeps. The parent answers a sleep when it is over. */
export type AgentWord = { readonly event: string } | { readonly sleep: number };

export interface SpawnedAgent {
  /** Resolves when it has ended, with its exit code, or null when it was killed. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts an agent in a process of its own, from the module `file`. It sleeps on `clock`; `on` hears its events. */
export function spawnChild(file: string, orders: object, clock: Clock, on: (event: string) => void): SpawnedAgent {
  const child = fork(file, [JSON.stringify(orders)], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.on("message", (word: AgentWord) => {
    if ("event" in word) return on(word.event);
    clock.sleep(word.sleep).then(
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
