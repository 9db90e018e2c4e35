import { type Instant, MINUTE } from "../../core/clock.ts";

/** Counts what was let through in the last minute. */
export class RateLimit {
  readonly perMinute: number;
  #taken: Instant[] = [];

  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  /** Takes one, or says when the next is to be had. */
  take(now: Instant): { readonly ok: true } | { readonly ok: false; readonly again: Instant } {
    this.#taken = this.#taken.filter((at) => at > now - MINUTE && at <= now);
    const [oldest] = this.#taken;
    if (this.#taken.length >= this.perMinute) return { ok: false, again: (oldest ?? now) + MINUTE };
    this.#taken.push(now);
    return { ok: true };
  }
}
