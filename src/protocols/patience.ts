import { TimeoutError } from "./request-errors.ts";

/**
 * How long a node is waited for. One that has just let a message run out of time is waited for a quarter as long, then half
 * as long, then in full, and so on until it answers: it keeps what does not need it waiting for less, and one that is only slow
 * is heard again all the same.
 */
export class Patience {
  readonly #whole: number;
  #missed = 0;

  /** @param whole - milliseconds. */
  constructor(whole: number) {
    this.#whole = whole;
  }

  /** For the next message, in milliseconds. */
  get ms(): number {
    return this.#missed === 0 ? this.#whole : (this.#whole / 4) * 2 ** ((this.#missed - 1) % 3);
  }

  /** The node said something, or that it is not there. */
  heard(): void {
    this.#missed = 0;
  }

  missed(): void {
    this.#missed += 1;
  }

  /** How often what failed is tried again, of `most`: once after a first silence, since a connection that was kept may be a dead one. */
  triesAfter(failure: unknown, most: number): number {
    if (!(failure instanceof TimeoutError)) return most;
    return this.#missed > 1 ? 0 : Math.min(1, most);
  }
}
