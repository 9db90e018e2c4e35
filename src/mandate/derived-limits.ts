import { SECOND } from "../core/clock.ts";
import { type Decimal, decimal } from "../core/decimal.ts";
import { perObject } from "../core/per-object.ts";
import type { Limit, Limits } from "./terms.ts";

/** What follows from the limits alone. Numbers count things or time, never money: as far as anything here can be counted they are exact. */
export interface DerivedLimits {
  /** Infinity where there is no limit; so the next two. */
  readonly tradesPerHour: number;
  readonly consecutiveFailures: number;
  readonly actionsPerPlan: number;
  /** Milliseconds. */
  readonly cooldown: number;
  readonly deadlineSeconds: number;
  /** What has to be left of the portfolio's high, in percent. Null: there is no limit. */
  readonly keptOfHigh: Decimal | null;
}

const HUNDRED = decimal(100);

export const derivedLimits = perObject(
  (limits: Limits): DerivedLimits => ({
    tradesPerHour: numberOf(limits.max_trades_per_hour),
    consecutiveFailures: numberOf(limits.max_consecutive_failures),
    actionsPerPlan: numberOf(limits.max_actions_per_plan),
    cooldown: limits.cooldown_seconds === "unlimited" ? 0 : limits.cooldown_seconds.toNumber() * SECOND,
    deadlineSeconds: limits.max_deadline_seconds.toNumber(),
    keptOfHigh: limits.stop_loss_pct === "unlimited" ? null : HUNDRED.minus(limits.stop_loss_pct),
  }),
);

function numberOf(limit: Limit): number {
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : limit.toNumber();
}
