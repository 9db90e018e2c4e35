import { type Instant, MINUTE } from "../core/clock.ts";

/**
 * Lets a burst through and after it so many a minute, evenly: whoever has used the burst up waits for the next one and
 * not for a whole minute.
 */
export class Pace {
  readonly #every: number;
  /** When all of the burst is there again. */
  #whole: Instant = 0;

  /** @param burst - taken at once, and again in every minute. */
  constructor(burst: number) {
    this.#every = MINUTE / burst;
  }

  take(now: Instant): { readonly ok: true } | { readonly ok: false; readonly again: Instant } {
    // A clock that was set back keeps nobody waiting for longer than the burst takes.
    const whole = Math.max(now, Math.min(this.#whole, now + MINUTE));
    const again = Math.ceil(whole + this.#every - MINUTE);
    if (again > now) return { ok: false, again };
    this.#whole = whole + this.#every;
    return { ok: true };
  }

  /** As if one that was taken had not been. */
  giveBack(): void {
    this.#whole -= this.#every;
  }
}
