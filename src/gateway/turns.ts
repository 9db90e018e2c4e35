import { GatewayError } from "./gateway-error.ts";

/** Most calls of agents that wait at once. */
const MOST_WAITING = 256;

/**
 * One thing at a time, in order; the operator's before whatever else waits, so that no queue of an agent's calls keeps a
 * person's word waiting longer than the one call under way. That one can see that an order waits, and leave its turn to it.
 */
export class Turns {
  readonly #operator: (() => void)[] = [];
  readonly #agents: (() => void)[] = [];
  #busy = false;
  #orders = 0;

  /** Whether something waits that changes what may be done. */
  get orderWaits(): boolean {
    return this.#orders > 0;
  }

  /** @throws {GatewayError} RATE_LIMITED when too many wait already. */
  async take<T>(work: () => Promise<T>, by: "agent" | "operator" | "order" = "agent"): Promise<T> {
    const lane = by === "agent" ? this.#agents : this.#operator;
    if (by === "agent" && lane.length >= MOST_WAITING) {
      throw new GatewayError("RATE_LIMITED", `${MOST_WAITING} calls wait already`, {
        remedy: "Wait for the answers of those that were made.",
      });
    }
    if (this.#busy) {
      if (by === "order") this.#orders += 1;
      await new Promise<void>((resolve) => lane.push(resolve));
      if (by === "order") this.#orders -= 1;
    }
    this.#busy = true;
    try {
      return await work();
    } finally {
      const next = this.#operator.shift() ?? this.#agents.shift();
      if (next) next();
      else this.#busy = false;
    }
  }
}
