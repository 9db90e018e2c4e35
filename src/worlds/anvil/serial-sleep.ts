import { setImmediate } from "node:timers/promises";
import type { Instant } from "../../core/clock.ts";

interface Sleeper {
  readonly until: Instant;
  readonly wake: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Lets many tasks sleep on one world: the earliest sleeper is served first, of equals the one that came first, and
 * whoever was woken may sleep again before time goes on.
 */
export class SerialSleep {
  readonly #step: (until: Instant) => Promise<boolean>;
  readonly #sleepers: Sleeper[] = [];
  #serving = false;

  /** @param step makes at most the next event that is not after `until`; true when time has come to `until`. */
  constructor(step: (until: Instant) => Promise<boolean>) {
    this.#step = step;
  }

  /** Rejects only when the world itself fails. */
  sleep(until: Instant, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return resolve();
      const leave = () => {
        signal?.removeEventListener("abort", wake);
        const at = this.#sleepers.indexOf(sleeper);
        if (at !== -1) this.#sleepers.splice(at, 1);
      };
      const wake = () => {
        leave();
        resolve();
      };
      const fail = (reason: unknown) => {
        leave();
        reject(reason);
      };
      const sleeper = { until, wake, fail };
      signal?.addEventListener("abort", wake);
      this.#sleepers.push(sleeper);
      void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    for (let next = await this.#earliest(); next !== undefined; next = await this.#earliest()) {
      try {
        if (await this.#step(next.until)) next.wake();
      } catch (error) {
        for (const sleeper of [...this.#sleepers]) sleeper.fail(error);
      }
    }
    this.#serving = false;
  }

  /** Asked only after everybody who can run has run. */
  async #earliest(): Promise<Sleeper | undefined> {
    await setImmediate();
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (first === undefined || sleeper.until < first.until) first = sleeper;
    return first;
  }
}
