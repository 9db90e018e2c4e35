import { join } from "node:path";
import { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { type Decimal, decimal, sum, ZERO } from "../../core/decimal.ts";
import type { JudgedBody, NotedBody, OpenedBody, SettledBody } from "../../journal/entries.ts";
import { budgetsAt } from "../../journal/fold-budgets.ts";
import { applyEntry, emptyWallet } from "../../journal/fold-wallet.ts";
import type { Entry } from "../../journal/journal.ts";
import { dereference } from "../../journal/reference.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { verifyJournal } from "../../journal/verify.ts";
import { budgetsLeft } from "../../mandate/judge.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { BudgetLeft } from "../../mandate/verdict.ts";
import { worstCase } from "../../mandate/worst-case.ts";
import type { WorstCase } from "../../mandate/worst-figure.ts";
import type { Observation } from "../../venues/venue.ts";
import type { PortfolioReport } from "./portfolio-report.ts";

export interface ReportedTrade {
  readonly at: Instant;
  readonly cycle: number;
  /** Of the transaction that moved the money. */
  readonly hash: string;
  readonly changes: readonly { readonly account: string; readonly asset: string; readonly amount: string }[];
  readonly loss_usd: Decimal;
  readonly gas_usd: Decimal;
}

export interface ReportedRefusal {
  readonly at: Instant;
  readonly cycle: number;
  readonly codes: readonly string[];
  readonly reasons: readonly string[];
}

/** What was decided by a call, and why. */
export interface ReportedDecision {
  readonly at: Instant;
  readonly cycle: number;
  readonly kind: string;
  /** The decider's own words. */
  readonly why: string;
  /** What it was asked for. */
  readonly because: string;
  /** The strategy that it named. Null: none. */
  readonly strategy: string | null;
  /** Why it could not decide. Null: it could. */
  readonly code: string | null;
}

/** What a rehearsal came to, told from its journal. */
export interface RehearsalReport {
  readonly mandate: string;
  readonly network: string;
  readonly home: string;
  readonly scripted_model: boolean;
  readonly cycles: number;
  readonly value_before_usd: Decimal;
  readonly value_after_usd: Decimal;
  /** What the first holdings would be worth at the last prices. */
  readonly hold_value_usd: Decimal;
  readonly trades: readonly ReportedTrade[];
  readonly refusals: readonly ReportedRefusal[];
  readonly decisions: readonly ReportedDecision[];
  /** The account beside simpler ways to have run the same money, as the world booked them. Null: the world counts nothing. */
  readonly portfolio: PortfolioReport | null;
  readonly model_calls: number;
  readonly model_calls_saved: number;
  readonly model_cost_usd: Decimal;
  readonly gas_usd: Decimal;
  readonly crashes_survived: number;
  readonly budgets: readonly BudgetLeft[];
  readonly journal_verified: boolean;
  readonly journal_entries: number;
  readonly journal_head: string;
  readonly worst_case: WorstCase;
}

export interface ReportParameters {
  readonly mandate: Mandate;
  readonly home: string;
  readonly wallet: string;
  readonly before: Observation;
  readonly after: Observation;
  readonly crashes: number;
  readonly scripted: boolean;
  readonly portfolio: PortfolioReport | null;
}

export async function reportRehearsal({
  mandate,
  home,
  wallet,
  before,
  after,
  crashes,
  scripted,
  portfolio,
}: ReportParameters): Promise<RehearsalReport> {
  const path = join(home, "journal.sqlite");
  const verification = await verifyJournal(path, { mirror: join(home, "mirror", "heads") });
  const reader = await openJournalReader(path);
  try {
    const entries: Entry[] = [];
    let state = emptyWallet;
    for await (const entry of reader.read(wallet)) {
      entries.push(entry);
      state = applyEntry(state, entry);
    }
    const notes = entries.filter(({ kind }) => kind === "noted").map(({ body }) => (body as unknown as NotedBody).note);
    const refusals: ReportedRefusal[] = [];
    for (const { kind, body, at } of entries) {
      const judged = body as unknown as JudgedBody;
      if (kind !== "judged" || judged.verdict === "allow") continue;
      const facts = (await dereference(reader, judged.facts)) as {
        verdict: { violations?: { message: string }[]; because?: { message: string }[]; largest?: { message: string } };
      };
      const { violations, because, largest } = facts.verdict;
      const reasons = [...(violations ?? because ?? []), ...(largest ? [largest] : [])].map(({ message }) => message);
      refusals.push({ at, cycle: judged.cycle, codes: judged.codes, reasons });
    }
    const settled = [...state.requests.values()];
    const trades = settled.flatMap(({ cycle, settled: body, closedAt, amounts }): readonly ReportedTrade[] => {
      if (body?.outcome !== "confirmed" || closedAt === null) return [];
      const moving = movingTransaction(body);
      const changes = body.deltas.filter(({ asset }) => !asset.endsWith(`/${nativeSymbol(mandate, asset)}`));
      if (moving === undefined || changes.length === 0) return [];
      const loss = amounts.loss_usd.plus(amounts.exit_loss_usd);
      return [
        { at: closedAt, cycle, hash: moving, changes, loss_usd: loss, gas_usd: amounts.gas_usd.plus(amounts.exit_gas_usd) },
      ];
    });
    const costs = notes
      .filter((note) => isNote(note, "model-call"))
      .map((note) => decimal(String((note as { cost_usd: string }).cost_usd)));
    const held = notes.filter((note) => isNote(note, "decided") && (note as { by?: string }).by === "wake-gate").length;
    return {
      mandate: mandate.terms.id,
      network: mandate.terms.network,
      home,
      scripted_model: scripted,
      cycles: state.cycle,
      value_before_usd: before.value_usd ?? ZERO,
      value_after_usd: after.value_usd ?? ZERO,
      hold_value_usd: heldValue(before, after),
      trades,
      refusals,
      decisions: decisionsIn(entries),
      portfolio,
      model_calls: costs.length,
      model_calls_saved: held,
      model_cost_usd: sum(costs),
      gas_usd: sum(settled.map(({ amounts }) => amounts.gas_usd.plus(amounts.exit_gas_usd))),
      crashes_survived: crashes,
      budgets: budgetsLeft(mandate.terms, budgetsAt(state, state.at, state.cycle)),
      journal_verified: verification.ok,
      journal_entries: state.seq,
      journal_head: (await reader.head(wallet)).hash,
      worst_case: worstCase(mandate.terms),
    };
  } finally {
    await reader.close();
  }
}

function decisionsIn(entries: readonly Entry[]): readonly ReportedDecision[] {
  const decisions: ReportedDecision[] = [];
  let cycle = 0;
  let strategy: string | null = null;
  for (const { kind, body, at } of entries) {
    if (kind === "opened") cycle = (body as unknown as OpenedBody).cycle;
    if (kind !== "noted") continue;
    const read = decidedNote.safeParse((body as unknown as NotedBody).note);
    if (!read.success) continue;
    const note = read.data;
    if (note.kind === "model-answer") {
      strategy = note.selected_strategy;
      continue;
    }
    if (note.by === "wake-gate") continue;
    const { decision, because } = note;
    decisions.push({ at, cycle, kind: decision.kind, why: decision.why, because, strategy, code: decision.code ?? null });
    strategy = null;
  }
  return decisions;
}

const decidedNote = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("model-answer"), selected_strategy: z.string().nullable().default(null) }),
  z.object({
    kind: z.literal("decided"),
    by: z.string(),
    because: z.string().default(""),
    decision: z.object({ kind: z.string(), why: z.string(), code: z.string().nullish() }),
  }),
]);

function heldValue(before: Observation, after: Observation): Decimal {
  return sum(
    before.holdings
      .filter(({ role }) => role === "numeraire" || role === "allowed")
      .map(({ account, asset, amount }) => {
        const now = after.holdings.find((holding) => holding.account === account && holding.asset === asset);
        return amount.times(now?.price_usd ?? ZERO);
      }),
  );
}

/** A request's last transaction is the one that moves money; those before it only prepare. */
function movingTransaction({ transactions }: SettledBody): string | undefined {
  return transactions.findLast(({ status }) => status === "success")?.hash;
}

function nativeSymbol({ terms }: Mandate, asset: string): string {
  return terms.book.chains[asset.slice(0, asset.indexOf("/"))]?.native.symbol ?? "";
}

function isNote(note: unknown, kind: string): boolean {
  return typeof note === "object" && note !== null && "kind" in note && note.kind === kind;
}
