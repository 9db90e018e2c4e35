import type { ResumedBody, StoppedBody } from "./entries.ts";

/** The code of a stop that lets nothing through but the operator's way home. */
export const KILLED = "KILLED";

/** The code of a stop for a clock that does not go as time passes. */
export const CLOCK_JUMPED = "CLOCK_JUMPED";

/**
 * The first stop is the one that is told; one that the clock alone can end gives way to any other, a person's stands above
 * those that were found, so that no reconciliation ends it, and a kill above all.
 */
export function stopAfter(stopped: StoppedBody | null, body: StoppedBody): StoppedBody {
  return stopped === null || rankOf(body) > rankOf(stopped) ? body : stopped;
}

function rankOf({ code, order }: StoppedBody): number {
  if (code === KILLED) return 3;
  if (order !== undefined) return 2;
  return code === CLOCK_JUMPED ? 0 : 1;
}

/** What a resumption makes of a stop and of the failures in a row. The clock's own ends no stop but the clock's. */
export function resumeAfter(
  { stopped, consecutiveFailures }: { readonly stopped: StoppedBody | null; readonly consecutiveFailures: number },
  { by }: ResumedBody,
): { readonly stopped: StoppedBody | null; readonly consecutiveFailures: number } {
  if (by === undefined) return { stopped: null, consecutiveFailures: 0 };
  return { stopped: stopped !== null && rankOf(stopped) === 0 ? null : stopped, consecutiveFailures };
}
