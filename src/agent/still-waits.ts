import type { Outcome } from "../gateway/contract.ts";
import type { Observation } from "../venues/venue.ts";

/**
 * Whether an open request keeps others waiting: its outcome is not known. An order that is seen to rest at the venue is
 * known: it may fill for hours, and what is wanted meanwhile counts with it. A message that was signed keeps nobody
 * waiting either: others use it or do not.
 */
export function stillWaits(outcome: Outcome, { resting = [] }: Pick<Observation, "resting">): boolean {
  if (outcome.kind !== "open" && outcome.kind !== "unresolved") return false;
  const there = new Set<string>(resting);
  return outcome.awaits.length === 0 || outcome.awaits.some(({ id, kind }) => kind !== "signature" && !there.has(id));
}

/** Whether all that it awaits are orders, which may rest. */
export function awaitsOrders(outcome: Outcome): boolean {
  return outcome.kind === "open" && outcome.awaits.length > 0 && outcome.awaits.every(({ kind }) => kind === "order");
}
