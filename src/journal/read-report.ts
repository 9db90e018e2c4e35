import type { Instant } from "../core/clock.ts";
import { type Decimal, decimal, max, sum, ZERO } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { HoldingBody, SettledBody, WalletEntry } from "./entries.ts";
import { type Entry, type JournalReader, MissingBodyError, type Stream } from "./journal.ts";
import { costsAfter, type ModelCost } from "./model-costs.ts";
import { observedNote } from "./notes.ts";
import { dereference } from "./reference.ts";

/** What an agent made of its money, as its journal tells it. USD. */
export interface JournalReport {
  readonly from: Instant;
  readonly until: Instant;
  readonly cycles: number;
  /** As the gateway valued the accounts at the beginning of the first and of the last cycle. Null: something held had no price. */
  readonly value_first_usd: Decimal | null;
  readonly value_last_usd: Decimal | null;
  /** What was held at first, left alone, at the last prices of the journal. Null: its first value is not known. */
  readonly hold_value_usd: Decimal | null;
  /** The deepest fall of the value from its high, in percent. */
  readonly drawdown_pct: Decimal;
  /** What was bought and sold, at the prices of the judgments. */
  readonly turnover_usd: Decimal;
  /** What an exchange took of trades. Null: nothing was traded at one; on chains fees are part of the price. */
  readonly fees_usd: Decimal | null;
  /** What trades gave up against the pinned prices, fees included. */
  readonly given_up_usd: Decimal;
  readonly gas_usd: Decimal;
  /** What requests to models cost; those under way at their worst. */
  readonly model_usd: Decimal;
  readonly model_calls: number;
  readonly requests: Readonly<Record<SettledBody["outcome"] | "open" | "refused", number>>;
}

/** The report of a wallet's stream, from the journal alone. Null: the stream has no cycle yet. */
export async function readReport(journal: Pick<JournalReader, "read" | "get">, stream: Stream): Promise<JournalReport | null> {
  const fold = new ReportFold();
  for await (const entry of journal.read(stream)) await fold.add(entry, journal);
  return fold.report();
}

class ReportFold {
  #opened: { readonly at: Instant; readonly holdings: readonly HoldingBody[] } | null = null;
  #until: Instant = 0;
  #cycles = 0;
  readonly #values: (Decimal | null)[] = [];
  #high = ZERO;
  #fallen = ZERO;
  readonly #settled = new Map<string, SettledBody>();
  readonly #reserved = new Set<string>();
  #refused = 0;
  #costs: readonly ModelCost[] = [];
  #calls = 0;
  readonly #first = new Map<string, Decimal>();
  readonly #last = new Map<string, Decimal>();

  async add(entry: Entry, journal: Pick<JournalReader, "get">): Promise<void> {
    const { kind, body } = entry as unknown as WalletEntry;
    this.#until = entry.at;
    switch (kind) {
      case "opened":
        this.#opened ??= { at: entry.at, holdings: body.holdings };
        this.#cycles += 1;
        this.#value(body.value_usd === null ? null : decimal(body.value_usd));
        return;
      case "noted":
        return this.#note(body.note, journal);
      case "judged":
        if (body.verdict === "deny") this.#refused += 1;
        return;
      case "reserved":
        this.#reserved.add(body.key);
        this.#prices(Object.entries(body.prices).map(([asset, usd]) => [asset, decimal(usd)]));
        return;
      case "settled":
        this.#settled.set(body.key, body);
        return;
      case "reopened":
        this.#settled.delete(body.key);
        return;
      default:
    }
  }

  report(): JournalReport | null {
    if (this.#opened === null) return null;
    const settled = [...this.#settled.values()];
    const total = (...names: readonly (keyof SettledBody["actual"])[]) =>
      sum(settled.flatMap(({ actual }) => names.map((name) => decimal(String(actual[name])))));
    const fees = settled.flatMap(({ fees_usd }) => (fees_usd === undefined ? [] : [decimal(fees_usd)]));
    const count = (outcome: SettledBody["outcome"]) => settled.filter((one) => one.outcome === outcome).length;
    return {
      from: this.#opened.at,
      until: this.#until,
      cycles: this.#cycles,
      value_first_usd: this.#values[0] ?? null,
      value_last_usd: this.#values.at(-1) ?? null,
      hold_value_usd: this.#held(),
      drawdown_pct: this.#fallen,
      turnover_usd: total("buys_usd", "sells_usd"),
      fees_usd: fees.length === 0 ? null : sum(fees),
      given_up_usd: total("loss_usd", "exit_loss_usd"),
      gas_usd: total("gas_usd", "exit_gas_usd"),
      model_usd: sum(this.#costs.map(({ usd }) => usd)),
      model_calls: this.#calls,
      requests: {
        confirmed: count("confirmed"),
        rejected: count("rejected"),
        released: count("released"),
        unresolved: count("unresolved"),
        open: this.#reserved.size - settled.length,
        refused: this.#refused,
      },
    };
  }

  #value(usd: Decimal | null): void {
    this.#values.push(usd);
    if (usd === null) return;
    this.#high = max(this.#high, usd);
    if (!this.#high.isZero()) this.#fallen = max(this.#fallen, this.#high.minus(usd).times(100).div(this.#high));
  }

  async #note(written: Json, journal: Pick<JournalReader, "get">): Promise<void> {
    // Costs are counted once and for all: no instant of theirs is older than another.
    this.#costs = costsAfter(this.#costs, written, 0);
    if (typeof written === "object" && written !== null && "kind" in written && written.kind === "model-call") this.#calls += 1;
    const read = observedNote.safeParse(await inFull(written, journal));
    if (!read.success) return;
    this.#prices(read.data.seen.holdings.map(({ asset, price_usd }) => [asset, price_usd]));
  }

  #prices(seen: readonly (readonly [asset: string, usd: Decimal | null])[]): void {
    for (const [asset, usd] of seen) {
      if (usd === null) continue;
      if (!this.#first.has(asset)) this.#first.set(asset, usd);
      this.#last.set(asset, usd);
    }
  }

  /** What a position is worth later is what it was worth, and what its price has moved since: of a perpetual too. */
  #held(): Decimal | null {
    const [value] = this.#values;
    if (!value || !this.#opened) return null;
    let held = value;
    for (const { asset, amount } of this.#opened.holdings) {
      const [before, after] = [this.#first.get(asset), this.#last.get(asset)];
      // What has no price is in no value: gas alone, where the mandate holds none of its coin.
      if (decimal(amount).isZero() || !before || !after) continue;
      held = held.plus(decimal(amount).times(after.minus(before)));
    }
    return held;
  }
}

/** A note with what stands beside the log put in its place; as it is where that is missing. */
async function inFull(note: Json, journal: Pick<JournalReader, "get">): Promise<Json> {
  try {
    const whole = await dereference(journal, note);
    if (typeof whole !== "object" || whole === null || Array.isArray(whole) || !("seen" in whole)) return whole;
    return { ...whole, seen: await dereference(journal, (whole as { readonly seen: Json }).seen) };
  } catch (error) {
    if (!(error instanceof MissingBodyError)) throw error;
    return note;
  }
}
