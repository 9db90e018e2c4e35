import { GatewayError } from "./gateway-error.ts";

/** Most calls of agents that wait at once. */
const MOST_WAITING = 256;

/**
 * One thing at a time, in order; the operator's before whatever else waits, so that no queue of an agent's calls keeps a
 * person's word waiting longer than the one call under way.
 */
export class Turns {
  readonly #operator: (() => void)[] = [];
  readonly #agents: (() => void)[] = [];
  #busy = false;

  /** @throws {GatewayError} RATE_LIMITED when too many wait already. */
  async take<T>(work: () => Promise<T>, by: "agent" | "operator" = "agent"): Promise<T> {
    const lane = by === "operator" ? this.#operator : this.#agents;
    if (by === "agent" && lane.length >= MOST_WAITING) {
      throw new GatewayError("RATE_LIMITED", `${MOST_WAITING} calls wait already`, {
        remedy: "Wait for the answers of those that were made.",
      });
    }
    if (this.#busy) await new Promise<void>((resolve) => lane.push(resolve));
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
