import { HOUR, type Instant } from "../../../core/clock.ts";
import type { RequestState } from "../../../journal/fold-wallet.ts";
import type { SignableAction } from "./assess.ts";

/** Whether an exit trades at once or not at all. */
export type ExitKind = "immediate" | "resting";

/** What a request's actions are as exits: one that only orders at the market, or one that rests, replaces or cancels. */
export function exitKind(actions: readonly SignableAction[]): ExitKind {
  const immediate = actions.every(
    (action) => action.type === "order" && action.orders.every(({ t }) => "limit" in t && t.limit.tif === "Ioc"),
  );
  return immediate ? "immediate" : "resting";
}

/**
 * How many moves of reducing requests of the last hour took nothing away: orders and cancels that only used up what the
 * venue takes. Counted back to the last exit that traded, which gave requests back; each kind by itself, so that stops that
 * are placed and taken away keep nobody from closing.
 */
export function idleExits(requests: Iterable<RequestState>, kind: ExitKind, now: Instant): number {
  let idle = 0;
  for (const { reserved, transactions, settled, reservedAt } of [...requests].reverse()) {
    if (reservedAt <= now - HOUR) break;
    if (reserved.class !== "reduce") continue;
    if (settled !== null && settled.deltas.length > 0) break;
    const calls = transactions.filter(({ purpose }) => purpose === "call").map(({ exchange }) => exchange?.orders ?? []);
    const rests = calls.some((orders) => orders.length === 0 || orders.some((order) => order.rests));
    if ((rests ? "resting" : "immediate") === kind) idle += calls.reduce((sum, orders) => sum + Math.max(1, orders.length), 0);
  }
  return idle;
}
