import type { Instant } from "../../core/clock.ts";
import type { WindowEnds } from "../../journal/window-ends.ts";
import type { Violation, ViolationCode } from "../verdict.ts";
import { timeSaid } from "./time-said.ts";

/** Violations of a budget that comes back with time. */
export const WINDOWS: readonly ViolationCode[] = [
  "HOURLY_SPEND",
  "DAILY_SPEND",
  "WEEKLY_SPEND",
  "FLEET_SPEND",
  "FLEET_LOSS",
  "DAILY_LOSS",
  "GAS_BUDGET",
];

/** A violation with when there is more room and when all of it is back, and its sentence with both. */
export function withTimes(violation: Violation, ends: Readonly<Record<string, WindowEnds>>, now: Instant): Violation {
  const { code, limit, until, message } = violation;
  if (limit === "max_total_spend_usd" || limit === "fleet.max_total_spend_usd") {
    return { ...violation, message: `${message}; none of it comes back` };
  }
  if (code === "COOLDOWN" && until !== undefined) {
    return { ...violation, full: until, message: `${message}; again at ${timeSaid(until, now)}` };
  }
  const known = ends[violation.unit === undefined ? (limit ?? "") : `${limit} ${violation.unit}`];
  if (known === undefined || !(code === "TRADES_PER_HOUR" || WINDOWS.includes(code))) return violation;
  const { until: _until, ...rest } = violation;
  return {
    ...rest,
    message: `${message}; ${code === "TRADES_PER_HOUR" ? again(known, now) : room(known, now)}`,
    ...(known.next === null ? {} : { until: known.next }),
    ...(known.full === null ? {} : { full: known.full }),
  };
}

function again({ next }: WindowEnds, now: Instant): string {
  return next === null ? "again an hour after what is open has ended" : `again at ${timeSaid(next, now)}`;
}

function room({ next, full }: WindowEnds, now: Instant): string {
  const all = full === null ? "all of it once what is open or allowed is over" : `full budget at ${timeSaid(full, now)}`;
  return next === null || next === full ? all : `more at ${timeSaid(next, now)}, ${all}`;
}
