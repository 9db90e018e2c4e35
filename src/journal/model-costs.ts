import { DAY, type Instant } from "../core/clock.ts";
import { type Decimal, decimal, sum } from "../core/decimal.ts";

/** What one request to a model cost, in USD; or may cost at worst, while it is under way. */
export interface ModelCost {
  readonly at: Instant;
  readonly usd: Decimal;
  /** It is reserved, under this name, and not settled. A request whose agent died keeps it: it may have been billed. */
  readonly reserved?: string;
}

const COST = /^\d{1,30}(\.\d{1,30})?$/;

/** Notes that say what a request to a model costs: before it is made, and after. */
export const COST_NOTES: ReadonlySet<string> = new Set(["model-reserved", "model-call"]);

/**
 * Costs with what a note says of them: a reservation is added, a call takes the place of its own. Notes are the agent side's own
 * words, so whatever they hold, the stream can be folded. Nothing changed: the same array.
 */
export function costsAfter(costs: readonly ModelCost[], note: unknown, at: Instant): readonly ModelCost[] {
  const said = costIn(note);
  if (said === null) return costs;
  const { kind, usd, reservation } = said;
  const kept = costs.filter((cost) => cost.at > at - DAY);
  if (kind === "model-reserved") return reservation === null ? costs : [...kept, { at, usd, reserved: reservation }];
  // The last one of that name: a process that began anew counts anew, and what an earlier one left open stays.
  const settled = reservation === null ? -1 : kept.findLastIndex(({ reserved }) => reserved === reservation);
  return [...kept.filter((_, place) => place !== settled), { at, usd }];
}

/** Whether a note says a cost that is an amount. */
export function saysCost(note: unknown): boolean {
  return costIn(note) !== null;
}

/** USD of the last 24 hours, what is reserved and not settled included. */
export function modelSpentToday({ modelCosts }: { readonly modelCosts: readonly ModelCost[] }, now: Instant): Decimal {
  return sum(modelCosts.filter(({ at }) => at > now - DAY).map(({ usd }) => usd));
}

function costIn(note: unknown): { readonly kind: string; readonly usd: Decimal; readonly reservation: string | null } | null {
  if (typeof note !== "object" || note === null || !("kind" in note) || typeof note.kind !== "string") return null;
  if (!COST_NOTES.has(note.kind) || !("cost_usd" in note)) return null;
  if (typeof note.cost_usd !== "string" || !COST.test(note.cost_usd)) return null;
  const named = "reservation" in note && typeof note.reservation === "string" ? note.reservation.slice(0, 100) : null;
  return { kind: note.kind, usd: decimal(note.cost_usd), reservation: named };
}
