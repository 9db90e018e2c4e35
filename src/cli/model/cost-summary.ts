import { type Instant, isoTime } from "../../core/clock.ts";
import { type Decimal, decimal, ratio, ZERO } from "../../core/decimal.ts";
import type { Entry } from "../../journal/journal.ts";
import { text } from "../journal/pick.ts";
import type { PlacedEntry } from "../journal/place-entries.ts";

/** What the calls of one day, or of one model, cost. */
export interface CostLine {
  readonly name: string;
  readonly calls: number;
  readonly usd: Decimal;
}

/** What a run's model calls cost, in USD, from its journal. */
export interface CostSummary {
  readonly calls: number;
  readonly decisions: number;
  readonly usd: Decimal;
  /** Null: there were none. */
  readonly usd_per_call: Decimal | null;
  readonly usd_per_decision: Decimal | null;
  /** Calls whose cost was not reported, so that their worst case counts. */
  readonly reserved_calls: number;
  /** By day, UTC. */
  readonly days: readonly CostLine[];
  readonly models: readonly CostLine[];
}

/** Sums the model calls of a wallet's stream. Notes are the agent's own word. */
export async function costSummary(
  entries: AsyncIterable<Entry>,
  place: (entry: Entry) => Promise<PlacedEntry>,
): Promise<CostSummary> {
  const days = new Map<string, CostLine>();
  const models = new Map<string, CostLine>();
  let calls = 0;
  let decisions = 0;
  let reserved_calls = 0;
  let usd = ZERO;
  for await (const entry of entries) {
    const { note: kind, body } = await place(entry);
    if (kind === "model-answer" || kind === "loop-ended") decisions += 1;
    const usdText = text(body, "note", "cost_usd");
    if (kind !== "model-call" || !/^\d{1,12}(\.\d{1,40})?$/.test(usdText)) continue;
    const cost = decimal(usdText);
    calls += 1;
    usd = usd.plus(cost);
    if (text(body, "note", "cost_basis") === "reserved") reserved_calls += 1;
    add(days, dayOf(entry.at), cost);
    add(models, `${text(body, "note", "provider")}/${text(body, "note", "model")}`, cost);
  }
  const per = (count: number) => (count === 0 ? null : ratio(usd, decimal(count)));
  return {
    calls,
    decisions,
    usd,
    usd_per_call: per(calls),
    usd_per_decision: per(decisions),
    reserved_calls,
    days: [...days.values()],
    models: [...models.values()],
  };
}

function add(lines: Map<string, CostLine>, name: string, usd: Decimal): void {
  const line = lines.get(name) ?? { name, calls: 0, usd: ZERO };
  lines.set(name, { name, calls: line.calls + 1, usd: line.usd.plus(usd) });
}

function dayOf(at: Instant): string {
  return isoTime(at).slice(0, 10);
}
