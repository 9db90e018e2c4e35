import type { Instant } from "../../core/clock.ts";
import type { WindowEnds } from "../../journal/window-ends.ts";
import type { Limits, Terms } from "../terms.ts";
import type { LargestNow, Verdict, Violation } from "../verdict.ts";
import { type Asked, largestNow, OF_PERSON } from "./largest-now.ts";
import { sayLargest } from "./say-largest.ts";
import { WINDOWS, withTimes } from "./with-times.ts";

/**
 * A refusal with what a decider needs to go on: when each budget has room again and when all of it is back, and the largest
 * amount that would pass now. What is allowed stays as it is. Pure, and no part of the judgment: only a refusal pays for it.
 */
export function completeRefusal(verdict: Verdict, asked: Asked, ends: Readonly<Record<string, WindowEnds>>): Verdict {
  if (verdict.kind === "allow") return verdict;
  const { now } = asked;
  const [first, ...rest] = verdict.kind === "deny" ? verdict.violations : verdict.because;
  const completed = (one: Violation) => withTimes(withList(one, asked.terms), ends, now);
  const reasons = [completed(first), ...rest.map(completed)] as const;
  const largest = largestOf(reasons, asked);
  const added = largest === null ? {} : { largest };
  return verdict.kind === "deny" ? { ...verdict, violations: reasons, ...added } : { ...verdict, because: reasons, ...added };
}

function largestOf(reasons: readonly Violation[], asked: Asked): LargestNow | null {
  const codes = reasons.map(({ code }) => code);
  const found = largestNow(asked, codes);
  if (found === null) return null;
  const blocking = reasons.filter(({ code }) => found.because.includes(code));
  const until = found.kind === "none" ? latest(blocking.map((one) => one.until)) : undefined;
  const full = latest(reasons.filter(({ code }) => code === "TOTAL_SPEND" || WINDOWS.includes(code)).map((one) => one.full));
  const told = {
    ...found,
    ...(until === undefined ? {} : { until }),
    ...(full === undefined ? {} : { full }),
  };
  const needsPerson = codes.some((code) => OF_PERSON.has(code));
  const what = asked.effects.exchange?.moves.some(({ do: verb }) => verb === "order" || verb === "replace")
    ? "order size"
    : "amount";
  return { ...told, message: sayLargest(told, { now: asked.now, what, needsPerson }) };
}

/** What is outside a list of the mandate, with that list. */
function withList(violation: Violation, { limits }: Terms): Violation {
  const { limit = "", allowed } = violation;
  const listed = Object.hasOwn(limits, limit) ? limits[limit as keyof Limits] : undefined;
  if (allowed !== undefined || violation.code === "NEEDS_APPROVAL" || !Array.isArray(listed)) return violation;
  return { ...violation, allowed: listed.join(", ") || "none" };
}

/** The last of them; undefined where one is not known. */
function latest(instants: readonly (Instant | undefined)[]): Instant | undefined {
  const known = instants.flatMap((at) => at ?? []);
  return known.length === 0 || known.length < instants.length ? undefined : Math.max(...known);
}
