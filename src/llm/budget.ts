import { type Clock, DAY, type Instant } from "../core/clock.ts";
import { type Decimal, max, sum, ZERO } from "../core/decimal.ts";
import { InvariantError, MandateError } from "../core/errors.ts";

/** What model calls may cost. Every call reserves its worst cost first. */
export interface ModelBudget {
  /**
   * Takes `worst` USD until it is settled.
   *
   * @throws {ModelBudgetError} when it does not fit beside what is spent and reserved. Nothing is taken.
   */
  reserve(worst: Decimal): Promise<ModelReservation>;
  /**
   * Hears what the record has of the last 24 hours, in USD, at a moment when nothing of this process is under way: what others spend of
   * the same budget is known from nowhere else. The same amount told again is not news.
   */
  know?(spent: Decimal): void;
}

export interface ModelReservation {
  readonly worst: Decimal;
  /** Replaces the reservation by what the call cost, in USD. Once; a reservation never settled stays taken. */
  settle(actual: Decimal): Promise<void>;
}

/** A model call was not made: its worst cost does not fit the budget. */
export class ModelBudgetError extends MandateError {
  constructor({ worst, left, limit }: { readonly worst: Decimal; readonly left: Decimal; readonly limit: Decimal }) {
    super("MODEL_BUDGET", `a model call may cost up to $${worst.toFixed()}; $${left.toFixed()} of $${limit.toFixed()} is left`, {
      remedy: "Raise max_llm_usd_per_day, lower max_tokens, or wait: spending leaves the budget after 24 hours.",
      details: { worst_usd: worst.toFixed(), left_usd: left.toFixed(), limit_usd: limit.toFixed() },
    });
  }
}

/** What one call cost, and when. */
export interface ModelSpending {
  readonly at: Instant;
  readonly usd: Decimal;
}

export interface MemoryModelBudgetOptions {
  /** USD in any 24 hours. */
  readonly limit: Decimal;
  readonly clock: Clock;
  /** What was spent before: the caller folds it from the journal. */
  readonly spent?: readonly ModelSpending[];
}

/**
 * A budget for any 24 hours, kept in memory. What is reserved and not settled counts for as long as it is
 * open. A clock set back frees nothing: time is the latest that was seen.
 */
export function memoryModelBudget({ limit, clock, spent = [] }: MemoryModelBudgetOptions): ModelBudget & {
  left(): Promise<Decimal>;
} {
  let settled = [...spent];
  let latest = Number.NEGATIVE_INFINITY;
  const open = new Set<ModelReservation>();
  /** What the record had, and what was settled here since. */
  let record: { readonly spent: Decimal; since: Decimal } | null = null;

  const see = async (): Promise<Instant> => {
    latest = Math.max(latest, await clock.now(), ...settled.map(({ at }) => at));
    return latest;
  };
  const taken = (now: Instant): Decimal => {
    settled = settled.filter(({ at }) => at > now - DAY);
    const reserved = sum([...open].map(({ worst }) => worst));
    const own = sum(settled.map(({ usd }) => usd));
    return reserved.plus(record === null ? own : max(own, record.spent.plus(record.since)));
  };

  return {
    know(given) {
      if (record?.spent !== given) record = { spent: given, since: ZERO };
    },
    async left() {
      return max(ZERO, limit.minus(taken(await see())));
    },
    async reserve(worst) {
      if (worst.isNegative()) throw new InvariantError("a reservation below zero");
      // No await between the sum and the taking: two callers cannot both see the same money.
      const left = limit.minus(taken(await see()));
      if (worst.gt(left)) throw new ModelBudgetError({ worst, left: max(ZERO, left), limit });
      const reservation: ModelReservation = {
        worst,
        async settle(actual) {
          if (!open.has(reservation)) throw new InvariantError("a model reservation was settled twice");
          const at = await see();
          if (!open.delete(reservation)) throw new InvariantError("a model reservation was settled twice");
          settled.push({ at, usd: actual });
          if (record) record.since = record.since.plus(actual);
        },
      };
      open.add(reservation);
      return reservation;
    },
  };
}
