import type { Instant } from "../../core/clock.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import type { Effects, Prices } from "../../protocols/effects.ts";
import { computeFacts } from "../facts.ts";
import { judge } from "../judge.ts";
import type { Terms } from "../terms.ts";
import type { Authority, Verdict } from "../verdict.ts";
import type { Sizes, Smaller } from "./smaller.ts";

/** Everything that a request was judged by. */
export interface Judged {
  readonly terms: Terms;
  readonly effects: Effects;
  readonly prices: Prices;
  readonly budgets: Budgets;
  readonly now: Instant;
  readonly authority: Authority;
}

export type Wanted = (verdict: Verdict, smaller: Smaller) => boolean;

/** An amount is found to so many digits of the whole: more of them nobody reads. */
const DIGITS = 12;

/** How many parts of a request are tried where no order of amounts is known. */
const PARTS = 64n;

/**
 * Looks for the largest amount that is judged as wanted.
 *
 * On a chain a request reduces from some amount on, or never. On either side of that a limit that some amount meets is met
 * by every smaller one, so halving finds the largest on each side. At an exchange one leg of a hedge may close up to some
 * size and no further: there the parts are tried from the largest down, and what lies between two of them is halved.
 */
export class LargestSearch {
  readonly #judged: Judged;
  readonly #sizes: Sizes;
  /** Whether nobody asks how far a pool is pushed. */
  readonly #anyPush: boolean;
  /** Base units from one amount that is tried to the next, and how many of those make the whole. */
  readonly #step: bigint;
  readonly #steps: bigint;
  #least: { readonly units: bigint; readonly verdict: Verdict } | null = null;

  constructor(judged: Judged, sizes: Sizes, { anyPush = false }: { readonly anyPush?: boolean } = {}) {
    this.#judged = judged;
    this.#sizes = sizes;
    this.#anyPush = anyPush;
    this.#step = 10n ** BigInt(Math.max(0, sizes.whole.toString().length - 1 - DIGITS));
    this.#steps = (sizes.whole + this.#step - 1n) / this.#step;
  }

  /** What was said of the smallest amount that was judged. */
  get least(): Verdict | null {
    return this.#least?.verdict ?? null;
  }

  /** The largest amount of which it holds. Null: there is none. */
  most(wanted: Wanted): Smaller | null {
    const passes = (steps: bigint) => this.#passes(this.#units(steps), wanted);
    const reduces = (steps: bigint) => this.#reduces(this.#units(steps));
    const whole = this.#steps;
    if (passes(whole)) return this.#sizes.at(this.#sizes.whole);
    if (!reduces(whole)) {
      return this.#found(this.#judged.effects.exchange ? byParts(whole, passes) : highest(0n, whole, passes));
    }
    const first = highest(0n, whole, (steps) => !reduces(steps)) + 1n;
    return this.#found(first < whole && passes(first) ? highest(first, whole, passes) : highest(0n, first, passes));
  }

  /** The last step is what is left of the whole. */
  #units(steps: bigint): bigint {
    return steps === this.#steps ? this.#sizes.whole : steps * this.#step;
  }

  /** What is too small to be asked for hides nothing that is larger: it counts as passing, and is not found in the end. */
  #passes(units: bigint, wanted: Wanted): boolean {
    const smaller = this.#sizes.at(units);
    if (smaller === null) return true;
    const { terms, prices, budgets, now, authority } = this.#judged;
    const effects = this.#anyPush ? { ...smaller.effects, impacts: [] } : smaller.effects;
    const verdict = judge(terms, effects, prices, budgets, now, authority);
    if (this.#least === null || units < this.#least.units) this.#least = { units, verdict };
    return wanted(verdict, smaller);
  }

  #reduces(units: bigint): boolean {
    const { terms, prices, budgets, now, authority } = this.#judged;
    const smaller = this.#sizes.at(units);
    if (smaller === null) return false;
    return computeFacts(terms, smaller.effects, prices, budgets, now, authority).atWorst.class === "reduce";
  }

  #found(steps: bigint): Smaller | null {
    return steps === 0n ? null : this.#sizes.at(this.#units(steps));
  }
}

/** The highest from `low` on and below `high` of which it holds: it holds of `low`, and of none that is above one of which it does not. */
function highest(low: bigint, high: bigint, holds: (amount: bigint) => boolean): bigint {
  let [most, not] = [low, high];
  while (not - most > 1n) {
    const middle = (most + not) / 2n;
    if (holds(middle)) most = middle;
    else not = middle;
  }
  return most;
}

/** The first part from the whole down of which it holds, and as much more as halving finds; below the last of them by halving alone. */
function byParts(whole: bigint, holds: (units: bigint) => boolean): bigint {
  let above = whole;
  for (let part = PARTS - 1n; part > 0n; part -= 1n) {
    const units = (whole * part) / PARTS;
    if (units > 0n && units < above) {
      if (holds(units)) return highest(units, above, holds);
      above = units;
    }
  }
  return highest(0n, above, holds);
}
