import { type Instant, MINUTE } from "../../core/clock.ts";

/** Counts what was let through in the last minute. */
export class RateLimit {
  readonly perMinute: number;
  #taken: { readonly at: Instant; readonly weight: number }[] = [];

  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  /** Takes one, or as much as `weight` says; or says when the next is to be had. */
  take(now: Instant, weight = 1): { readonly ok: true } | { readonly ok: false; readonly again: Instant } {
    if (this.#used(now) + weight > this.perMinute) return { ok: false, again: (this.#taken[0]?.at ?? now) + MINUTE };
    this.#taken.push({ at: now, weight });
    return { ok: true };
  }

  /** As if what was taken last had not been. */
  giveBack(): void {
    this.#taken.pop();
  }

  #used(now: Instant): number {
    this.#taken = this.#taken.filter(({ at }) => at > now - MINUTE && at <= now);
    return this.#taken.reduce((sum, taken) => sum + taken.weight, 0);
  }
}
