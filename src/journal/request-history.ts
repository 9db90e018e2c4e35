import type { Instant } from "../core/clock.ts";
import { type Decimal, sum, ZERO } from "../core/decimal.ts";
import type { Hash } from "../core/hex.ts";
import { perObject } from "../core/per-object.ts";
import type { Amounts, RequestState } from "./fold-wallet.ts";

/** Requests that were reserved one after the other. Never changes: what changes one of them makes another leaf. */
export type Leaf = ReadonlyMap<Hash, RequestState>;

/** Requests in a leaf: a change copies so many, and every leaf's place in its branch. */
const LEAF = 16;
/** Leaves in a branch: what is asked of all requests is asked of branches, and of the leaves of those that a window cuts. */
const BRANCH = 16;

/** Leaves that came one after the other. Never changes either. */
type Branch = readonly Leaf[];

/**
 * Every request of a wallet by its key, in the order in which they were reserved. Immutable. Each step of a request makes the
 * next one, at the cost of a leaf and a branch and not of the whole history.
 */
export class RequestHistory {
  readonly #branches: readonly Branch[];

  constructor(branches: readonly Branch[] = []) {
    this.#branches = branches;
  }

  get leaves(): readonly Leaf[] {
    return this.#branches.flat();
  }

  get(key: Hash): RequestState | undefined {
    return this.#placeOf(key)?.leaf.get(key);
  }

  /** With a request in the place of the one of its key, or after all others. */
  with(request: RequestState): RequestHistory {
    const { at, in: branch, leaf } = this.#placeOf(request.key) ?? this.#end();
    const changed = new Map(leaf).set(request.key, request);
    return new RequestHistory(replaced(this.#branches, at, replaced(this.#branches[at] ?? [], branch, changed)));
  }

  /** Oldest first. */
  values(): readonly RequestState[] {
    return this.leaves.flatMap((leaf) => [...leaf.values()]);
  }

  /** Those of a cycle. */
  ofCycle(cycle: number): readonly RequestState[] {
    const has = ({ cycles }: Span) => cycles.first <= cycle && cycle <= cycles.last;
    const leaves = this.#branches.flatMap((branch) => (has(spanOfAll(branch)) ? branch.filter((leaf) => has(spanOf(leaf))) : []));
    return leaves.flatMap((leaf) => [...leaf.values()].filter((request) => request.cycle === cycle));
  }

  /** Those that are open or were closed after an instant. */
  since(after: Instant): readonly RequestState[] {
    return this.leavesSince(after).flatMap((leaf) => [...leaf.values()].filter((request) => endOf(request) > after));
  }

  /** Leaves in which something is open or was closed after an instant. */
  leavesSince(after: Instant): readonly Leaf[] {
    return this.#branches.flatMap((branch) =>
      spanOfAll(branch).last > after ? branch.filter((leaf) => spanOf(leaf).last > after) : [],
    );
  }

  /** Those in leaves of which a fact is true. */
  where(fact: (leaf: Leaf) => boolean): RequestHistory {
    const left = this.#branches.map((branch) => branch.filter(fact));
    return new RequestHistory(left.filter(({ length }) => length > 0));
  }

  /** When the first of those that have something of a part, and were closed after an instant, was closed. Null: there is none. */
  firstSince(part: UsdPart, after: Instant): Instant | null {
    const found = this.#over<Instant>(after, {
      whole: (branch) => firstsOfAll(branch)[part],
      leaf: (leaf) => firstsOf(leaf)[part],
      cut: (leaf) => firstWith(part, after, [...leaf.values()]),
    });
    const first = Math.min(...found);
    return Number.isFinite(first) ? first : null;
  }

  /** What they come to of one part, in USD. */
  sumSince(part: UsdPart, after: Instant): Decimal {
    return sum(
      this.#over<Decimal>(after, {
        whole: (branch) => totalsOfAll(branch)[part],
        leaf: (leaf) => totalsOf(leaf)[part],
        cut: (leaf) => sum([...leaf.values()].map((request) => (endOf(request) > after ? request.amounts[part] : ZERO))),
      }),
    );
  }

  /** An answer of each branch that ended after an instant as a whole, and of the leaves of those that it cuts. */
  #over<T>(after: Instant, of: { whole(branch: Branch): T; leaf(leaf: Leaf): T; cut(leaf: Leaf): T }): readonly T[] {
    const answers: T[] = [];
    for (const branch of this.#branches) {
      const { first, last } = spanOfAll(branch);
      if (first > after) answers.push(of.whole(branch));
      else if (last > after) {
        for (const leaf of branch) {
          const span = spanOf(leaf);
          if (span.last > after) answers.push(span.first > after ? of.leaf(leaf) : of.cut(leaf));
        }
      }
    }
    return answers;
  }

  /** Newest first: what is asked for is mostly that. */
  #placeOf(key: Hash): Place | null {
    for (let at = this.#branches.length - 1; at >= 0; at--) {
      const branch = this.#branches[at] ?? [];
      const found = branch.findLastIndex((leaf) => leaf.has(key));
      const leaf = branch[found];
      if (leaf) return { at, in: found, leaf };
    }
    return null;
  }

  /** Where the next request goes. */
  #end(): Place {
    const at = Math.max(0, this.#branches.length - 1);
    const last = this.#branches[at] ?? [];
    const leaf = last.at(-1);
    if (leaf && leaf.size < LEAF) return { at, in: last.length - 1, leaf };
    return last.length < BRANCH ? { at, in: last.length, leaf: EMPTY } : { at: at + 1, in: 0, leaf: EMPTY };
  }
}

/** A leaf, its branch's index and its own in there. */
interface Place {
  readonly at: number;
  readonly in: number;
  readonly leaf: Leaf;
}

const EMPTY: Leaf = new Map();

/** A list with one more or another item at an index. */
function replaced<T>(list: readonly T[], at: number, item: T): readonly T[] {
  const copy = list.slice();
  copy[at] = item;
  return copy;
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

/** From the first end of some requests to the last, and from their first cycle to the last. */
interface Span {
  readonly first: Instant;
  readonly last: Instant;
  readonly cycles: { readonly first: number; readonly last: number };
}

const spanOf = factOf((requests): Span => {
  const [ends, cycles] = [requests.map(endOf), requests.map(({ cycle }) => cycle)];
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  return { first, last, cycles: { first: Math.min(...cycles), last: Math.max(...cycles) } };
});
const spanOfAll = perObject((branch: Branch): Span => {
  const spans = branch.map(spanOf);
  const cycles = {
    first: Math.min(...spans.map((span) => span.cycles.first)),
    last: Math.max(...spans.map((span) => span.cycles.last)),
  };
  return { first: Math.min(...spans.map(({ first }) => first)), last: Math.max(...spans.map(({ last }) => last)), cycles };
});
/** When the first of a leaf's requests was closed; infinity: all are open. */
export const firstEndOf = (leaf: Leaf): Instant => spanOf(leaf).first;

/** The cycles that requests of a leaf are of. */
export const cyclesOf = factOf((requests) => new Set(requests.map(({ cycle }) => cycle)));
function firstWith(part: UsdPart, after: Instant, requests: readonly RequestState[]): Instant {
  const having = requests.filter((request) => endOf(request) > after && !request.amounts[part].isZero());
  return Math.min(...having.map(endOf));
}

const firstsOf = factOf((requests) => partsOf((part) => firstWith(part, EVER, requests)));
const firstsOfAll = perObject((branch: Branch) => partsOf((part) => Math.min(...branch.map((leaf) => firstsOf(leaf)[part]))));
const totalsOf = factOf((requests) => partsOf((part): Decimal => sum(requests.map(({ amounts }) => amounts[part]))));

const totalsOfAll = perObject((branch: Branch) => partsOf((part): Decimal => sum(branch.map((leaf) => totalsOf(leaf)[part]))));

function partsOf<T>(of: (part: UsdPart) => T): Readonly<Record<UsdPart, T>> {
  return {
    spend_usd: of("spend_usd"),
    loss_usd: of("loss_usd"),
    exit_loss_usd: of("exit_loss_usd"),
    gas_usd: of("gas_usd"),
    exit_gas_usd: of("exit_gas_usd"),
  };
}
