/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/**
 * Where time comes from. One owner: the machine when live, the world in a rehearsal.
 *
 * The gateway only ever calls `now` and `elapsed`.
 */
export interface Clock {
  now(): Promise<Instant>;
  /**
   * Milliseconds on a clock that nobody sets, from any beginning: what `now` is held against. Left out where time is this
   * clock's own, as a world's is.
   */
  elapsed?(): number;
  /** Resolves at `until` or as soon as `signal` aborts; never rejects. */
  sleep(until: Instant, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: async () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (until, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, until - Date.now()));
      signal?.addEventListener("abort", done);
    }),
};

/** A clock that moves only when somebody sleeps on it or sets it. For tests of pure parts. */
export class ManualClock implements Clock {
  #now: Instant;

  constructor(now: Instant) {
    this.#now = now;
  }

  async now(): Promise<Instant> {
    return this.#now;
  }

  async sleep(until: Instant): Promise<void> {
    this.#now = Math.max(this.#now, until);
  }

  set(now: Instant): void {
    this.#now = now;
  }
}

/** "2026-01-05T14:02:00Z", without milliseconds when there are none. */
export function isoTime(at: Instant): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}
