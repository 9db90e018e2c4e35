import type { Instant } from "../core/clock.ts";

/** The strategy that an agent noted that it follows, by id, and since when. */
export interface FollowedStrategy {
  readonly strategy: string;
  readonly since: Instant;
}

/** The kind of an agent's note of it. */
const FOLLOWS = "strategy-followed";

/** What is followed after one more note; one that says the same again changes nothing. */
export function followedAfter(before: FollowedStrategy | null, note: unknown, at: Instant): FollowedStrategy | null {
  if (typeof note !== "object" || note === null || !("kind" in note) || note.kind !== FOLLOWS) return before;
  if (!("strategy" in note) || typeof note.strategy !== "string" || note.strategy === before?.strategy) return before;
  return { strategy: note.strategy.slice(0, 100), since: at };
}
