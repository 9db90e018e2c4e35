import type { Instant } from "../core/clock.ts";
import { type Decimal, sum, ZERO } from "../core/decimal.ts";
import type { Hash } from "../core/hex.ts";
import { perObject } from "../core/per-object.ts";
import type { Amounts, RequestState } from "./fold-wallet.ts";

/** Requests that were reserved one after the other. Never changes: what changes one of them makes another leaf. */
export type Leaf = ReadonlyMap<Hash, RequestState>;

/** Requests in a leaf: a change copies so many, and every leaf's place. */
const LEAF = 16;

/**
 * Every request of a wallet by its key, in the order in which they were reserved. Immutable. Each step of a request makes the
 * next one, at the cost of a leaf and not of the whole history.
 */
export class RequestHistory {
  readonly leaves: readonly Leaf[];

  constructor(leaves: readonly Leaf[] = []) {
    this.leaves = leaves;
  }

  get(key: Hash): RequestState | undefined {
    return this.leaves.findLast((leaf) => leaf.has(key))?.get(key);
  }

  /** With a request in the place of the one of its key, or after all others. */
  with(request: RequestState): RequestHistory {
    const known = this.leaves.findLastIndex((leaf) => leaf.has(request.key));
    const last = this.leaves.at(-1);
    const at = known >= 0 ? known : last !== undefined && last.size < LEAF ? this.leaves.length - 1 : this.leaves.length;
    const leaf: Leaf = new Map(this.leaves[at]).set(request.key, request);
    return new RequestHistory([...this.leaves.slice(0, at), leaf, ...this.leaves.slice(at + 1)]);
  }

  /** Oldest first. */
  values(): readonly RequestState[] {
    return this.leaves.flatMap((leaf) => [...leaf.values()]);
  }

  /** Those of a cycle. */
  ofCycle(cycle: number): readonly RequestState[] {
    const leaves = this.leaves.filter((leaf) => cyclesOf(leaf).has(cycle));
    return leaves.flatMap((leaf) => [...leaf.values()].filter((request) => request.cycle === cycle));
  }

  /** Those that are open or were closed after an instant. */
  since(after: Instant): readonly RequestState[] {
    const leaves = this.leaves.filter((leaf) => spanOf(leaf).last > after);
    return leaves.flatMap((leaf) => [...leaf.values()].filter((request) => endOf(request) > after));
  }

  /** Those in leaves of which a fact is true. */
  where(fact: (leaf: Leaf) => boolean): RequestHistory {
    return new RequestHistory(this.leaves.filter(fact));
  }

  /** When the first of those that have something of a part, and were closed after an instant, was closed. Null: there is none. */
  firstSince(part: UsdPart, after: Instant): Instant | null {
    const ends = this.leaves.map((leaf) => {
      const { first, last } = spanOf(leaf);
      if (last <= after) return Number.POSITIVE_INFINITY;
      return first > after ? firstsOf(leaf)[part] : firstWith(part, after, [...leaf.values()]);
    });
    const found = Math.min(...ends);
    return Number.isFinite(found) ? found : null;
  }

  /** What they come to of one part, in USD. */
  sumSince(part: UsdPart, after: Instant): Decimal {
    return sum(
      this.leaves.map((leaf) => {
        const { first, last } = spanOf(leaf);
        if (last <= after) return ZERO;
        if (first > after) return totalsOf(leaf)[part];
        return sum([...leaf.values()].map((request) => (endOf(request) > after ? request.amounts[part] : ZERO)));
      }),
    );
  }
}

/** Before every instant. */
export const EVER: Instant = Number.NEGATIVE_INFINITY;

export type UsdPart = Exclude<keyof Amounts, "spend_units" | "buys_usd" | "sells_usd">;

/** What is true of a leaf, worked out once. */
export function factOf<T>(work: (requests: readonly RequestState[]) => T): (leaf: Leaf) => T {
  return perObject((leaf) => work([...leaf.values()]));
}

/** What is open ends after every instant. */
function endOf({ closedAt }: RequestState): Instant {
  return closedAt ?? Number.POSITIVE_INFINITY;
}

const spanOf = factOf((requests) => {
  const ends = requests.map(endOf);
  return { first: Math.min(...ends), last: Math.max(...ends) };
});
/** The cycles that requests of a leaf are of. */
export const cyclesOf = factOf((requests) => new Set(requests.map(({ cycle }) => cycle)));
function firstWith(part: UsdPart, after: Instant, requests: readonly RequestState[]): Instant {
  const having = requests.filter((request) => endOf(request) > after && !request.amounts[part].isZero());
  return Math.min(...having.map(endOf));
}

const firstsOf = factOf((requests) => partsOf((part) => firstWith(part, EVER, requests)));
const totalsOf = factOf((requests) => partsOf((part): Decimal => sum(requests.map(({ amounts }) => amounts[part]))));

function partsOf<T>(of: (part: UsdPart) => T): Readonly<Record<UsdPart, T>> {
  return {
    spend_usd: of("spend_usd"),
    loss_usd: of("loss_usd"),
    exit_loss_usd: of("exit_loss_usd"),
    gas_usd: of("gas_usd"),
    exit_gas_usd: of("exit_gas_usd"),
  };
}
