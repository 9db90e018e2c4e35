import { type Clock, DAY, type Instant, isoTime, MINUTE } from "../core/clock.ts";

/** What a gateway reads of a clock. */
export type TimeSource = Pick<Clock, "now" | "elapsed">;

/** How far a machine's clock may leave what has passed, a day at a time: it is set by small steps now and then. */
const LEEWAY = MINUTE;

export interface Reading {
  readonly now: Instant;
  /** Why `now` is not what the clock says. Null: it is. */
  readonly jump: string | null;
}

interface Reference {
  readonly now: Instant;
  readonly elapsed: number;
}

/** A clock's word, and what had passed when it was given. */
export type Told = Pick<Reference, "now"> & Partial<Reference>;

/**
 * Tells the time no faster and no slower than it passes: a clock that leaves by more than a minute what a clock that
 * nobody sets has counted is not believed. A source without such a count, as a world is, is taken at its word.
 */
export class SteadyTime {
  readonly #source: TimeSource;
  #reference: Reference | null = null;

  constructor(source: TimeSource) {
    this.#source = source;
  }

  /** Whether time passes by itself here, and not between the calls of whoever moves a world on. */
  get passes(): boolean {
    return this.#source.elapsed !== undefined;
  }

  /** The first reading of a life has nothing to be held against. */
  async read(): Promise<Reading> {
    const now = await this.#source.now();
    const elapsed = this.#source.elapsed?.();
    if (elapsed === undefined) return { now, jump: null };
    this.#reference ??= { now, elapsed };
    const passed = elapsed - this.#reference.elapsed;
    const steady = this.#reference.now + Math.floor(passed);
    if (Math.abs(now - steady) > LEEWAY) {
      return { now: steady, jump: `the clock says ${isoTime(now)}; by what has passed it is ${isoTime(steady)}` };
    }
    if (passed > DAY) this.#reference = { now, elapsed };
    return { now, jump: null };
  }

  /** What the clock itself says, to be held against somebody who knows. */
  async clock(): Promise<Told> {
    const now = await this.#source.now();
    const elapsed = this.#source.elapsed?.();
    return elapsed === undefined ? { now } : { now, elapsed };
  }

  /** Takes the clock at its word as it was told, and at no other that it may have jumped to since. */
  adopt({ now, elapsed }: Told): void {
    this.#reference = elapsed === undefined ? null : { now, elapsed };
  }
}
