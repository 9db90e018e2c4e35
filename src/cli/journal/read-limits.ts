import { HOUR, type Instant, isoTime, systemClock } from "../../core/clock.ts";
import { type Decimal, decimal, max, ZERO } from "../../core/decimal.ts";
import type { UnderWay } from "../../gateway/contract.ts";
import { underWayIn } from "../../gateway/transit/under-way-in.ts";
import { budgetsAt } from "../../journal/fold-budgets.ts";
import { applyFleetEntry, emptyFleet, type FleetBudgets, fleetBudgetsAt, fleetStream } from "../../journal/fold-fleet.ts";
import { applyEntry, emptyWallet, type WalletState } from "../../journal/fold-wallet.ts";
import type { JournalReader, Stream } from "../../journal/journal.ts";
import { modelSpentToday } from "../../journal/model-costs.ts";
import { budgetsLeft } from "../../mandate/judge.ts";
import type { Limit, Terms } from "../../mandate/terms.ts";
import { termsFromJson } from "../../mandate/terms-json.ts";

/** One limit that is used up and refills, as the journal has it. */
export interface LimitLine {
  readonly limit: string;
  /** "USD", "trades", "failures", or a token's symbol. */
  readonly unit: string;
  readonly most: Limit;
  readonly used: Decimal;
  readonly left: Limit;
  /** When the oldest part of what is used comes back. Null: nothing is used, or it never does by itself. */
  readonly refills: string | null;
}

/** Where a wallet stands with its limits. */
export interface Standing {
  readonly mandate: string;
  readonly network: string;
  /** What "now" is here. */
  readonly as_of: string;
  readonly limits: readonly LimitLine[];
  /** When the cooldown ends. Null: there is none now. */
  readonly cooldown_until: string | null;
  readonly high_water_usd: Decimal | null;
  readonly stopped: { readonly code: string; readonly reason: string } | null;
  /** Requests that are not settled: what they can take at most is counted as used. */
  readonly open_requests: number;
  /** What left one chain for another and has not arrived. */
  readonly under_way: readonly UnderWay[];
}

/**
 * Folds a wallet's stream and holds it against the limits that are pinned in it; null where none are yet.
 *
 * @throws {JournalCorruptError}
 */
export async function readLimits(journal: Pick<JournalReader, "read">, stream: Stream): Promise<Standing | null> {
  let state = emptyWallet;
  for await (const entry of journal.read(stream)) state = applyEntry(state, entry);
  if (!state.pinned) return null;
  const terms = termsFromJson(state.pinned.terms);
  const now = isWorld(terms) ? state.at : Math.max(state.at, await systemClock.now());
  // No request is of a cycle to come: what counts by cycle counts in full.
  const budgets = budgetsAt(state, now, state.cycle + 1, await fleetOf(journal, terms, now, stream));
  const rows = budgetsLeft(terms, budgets).map(({ budget, unit, limit, used, left, refills }) =>
    row(budget, unit, limit, used, left, refills),
  );
  const { limits } = terms;
  const counted = (name: "max_trades_per_hour" | "max_consecutive_failures", unit: string, count: number) =>
    row(name, unit, limits[name], decimal(count), leftOf(limits[name], decimal(count)), budgets.refills[name] ?? null);
  const model = modelSpentToday(state, now);
  const cooldown = cooldownEnd(terms, budgets.last_trade_at);
  return {
    mandate: terms.id,
    network: terms.network,
    as_of: isoTime(now),
    limits: [
      ...rows,
      row(
        "max_llm_usd_per_day",
        "USD",
        limits.max_llm_usd_per_day,
        model,
        leftOf(limits.max_llm_usd_per_day, model),
        modelRefill(state, now),
      ),
      counted("max_trades_per_hour", "trades", budgets.trades_last_hour),
      counted("max_consecutive_failures", "failures", budgets.consecutive_failures),
    ],
    cooldown_until: cooldown !== null && cooldown > now ? isoTime(cooldown) : null,
    high_water_usd: state.highWaterUsd,
    stopped: state.stopped,
    open_requests: state.open.length,
    under_way: underWayIn(state, now),
  };
}

function row(limit: string, unit: string, most: Limit, used: Decimal, left: Limit, refills: Instant | null): LimitLine {
  return { limit, unit, most, used, left, refills: refills === null ? null : isoTime(refills) };
}

function leftOf(limit: Limit, used: Decimal): Limit {
  return limit === "unlimited" ? limit : max(ZERO, limit.minus(used));
}

async function fleetOf(
  journal: Pick<JournalReader, "read">,
  { fleet }: Terms,
  now: Instant,
  wallet: Stream,
): Promise<FleetBudgets | undefined> {
  if (!fleet) return undefined;
  let shared = emptyFleet;
  for await (const entry of journal.read(fleetStream(fleet.id))) shared = applyFleetEntry(shared, entry);
  return fleetBudgetsAt(shared, now, wallet);
}

function isWorld({ book }: Terms): boolean {
  const chains = Object.values(book.chains).map(({ rpc }) => rpc);
  return [...chains, ...Object.values(book.exchanges).map(({ api }) => api)].includes("world");
}

function cooldownEnd({ limits: { cooldown_seconds } }: Terms, last: Instant | null): Instant | null {
  return last === null || cooldown_seconds === "unlimited" ? null : last + cooldown_seconds.times(1_000).toNumber();
}

function modelRefill({ modelCosts }: WalletState, now: Instant): Instant | null {
  const oldest = modelCosts.find(({ at, usd }) => at > now - 24 * HOUR && !usd.isZero());
  return oldest ? oldest.at + 24 * HOUR : null;
}
