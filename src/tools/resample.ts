import type { Instant } from "../core/clock.ts";
import type { PricePoint } from "./tool-context.ts";

/**
 * A price at each whole `spacing` up to `now`, each the last that was known by then; at most `most`, the newest ones.
 * What lies before the first point is not made up.
 *
 * @param points - oldest first.
 */
export function resample(points: readonly PricePoint[], spacing: number, most: number, now: Instant): readonly PricePoint[] {
  const [first] = points;
  if (!first) return [];
  const made: PricePoint[] = [];
  let next = points.length - 1;
  for (let at = now - (now % spacing); made.length < most && at >= first.at; at -= spacing) {
    while (next > 0 && (points[next]?.at ?? 0) > at) next -= 1;
    const point = points[next];
    if (point && point.at <= at) made.push({ at, close: point.close });
  }
  return made.reverse();
}
