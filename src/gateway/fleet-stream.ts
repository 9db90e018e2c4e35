import { sum } from "../core/decimal.ts";
import type { AllowanceBody, WalletEntry } from "../journal/entries.ts";
import { applyFleetEntry, emptyFleet, type FleetEntry, type FleetState, fleetStream } from "../journal/fold-fleet.ts";
import type { WalletState } from "../journal/fold-wallet.ts";
import type { Batch, Entry, Journal, Stream } from "../journal/journal.ts";
import { allowancesAfter } from "../journal/live-allowances.ts";

/** The stream of a budget that several wallets of one journal share, with its fold. Each wallet has one of its own. */
export class FleetStream {
  readonly id: string;
  readonly stream: Stream;
  readonly #journal: Journal;
  #state: FleetState = emptyFleet;

  private constructor(journal: Journal, id: string) {
    this.#journal = journal;
    this.id = id;
    this.stream = fleetStream(id);
  }

  static async open(journal: Journal, id: string): Promise<FleetStream> {
    const opened = new FleetStream(journal, id);
    await opened.refresh();
    return opened;
  }

  get state(): FleetState {
    return this.#state;
  }

  /** Folds what the other wallets have appended since. */
  async refresh(): Promise<void> {
    for await (const entry of this.#journal.read(this.stream, this.#state.seq)) this.#state = applyFleetEntry(this.#state, entry);
  }

  /** The entries as part of a commit, good only while nobody else has appended. */
  batch(entries: readonly FleetEntry[]): Batch {
    return { stream: this.stream, after: this.#state.seq, entries };
  }

  /** Folds what a commit appended to this stream. */
  adopt(appended: readonly Entry[]): void {
    for (const entry of appended) if (entry.stream === this.stream) this.#state = applyFleetEntry(this.#state, entry);
  }
}

/** What entries of a wallet's stream take from a shared budget and give back to it. */
export function fleetEntries(wallet: Stream, state: WalletState, entries: readonly WalletEntry[]): readonly FleetEntry[] {
  let live = state.allowances;
  const allowed_usd = (changed: readonly AllowanceBody[]) => {
    live = allowancesAfter(live, changed);
    return sum(Object.values(live).map(({ usd }) => usd)).toFixed();
  };
  return entries.flatMap((entry): readonly FleetEntry[] => {
    switch (entry.kind) {
      case "reserved": {
        const { spend_usd, loss_usd } = entry.body.at_worst;
        return [{ kind: "reserved", body: { wallet, key: entry.body.key, spend_usd, loss_usd } }];
      }
      case "settled": {
        const { key, outcome, actual, allowances = [] } = entry.body;
        const part = { wallet, key, spend_usd: actual.spend_usd, loss_usd: actual.loss_usd };
        const ended = outcome !== "unresolved";
        return [{ kind: "settled", body: { ...part, ended, allowed_usd: allowed_usd(allowances) } }];
      }
      case "reopened": {
        const request = state.requests.get(entry.body.key);
        if (!request) return [];
        const back = (request.settled?.allowances ?? []).map((one) => ({ ...one, before: one.after, after: one.before }));
        const { spend_usd, loss_usd } = request.reserved.at_worst;
        return [{ kind: "reopened", body: { wallet, key: entry.body.key, spend_usd, loss_usd, allowed_usd: allowed_usd(back) } }];
      }
      case "reconciled":
        return entry.body.closed.flatMap((key): readonly FleetEntry[] => {
          const amounts = state.requests.get(key)?.amounts;
          if (!amounts) return [];
          const part = { wallet, key, spend_usd: amounts.spend_usd.toFixed(), loss_usd: amounts.loss_usd.toFixed() };
          return [{ kind: "settled", body: { ...part, ended: true, allowed_usd: allowed_usd([]) } }];
        });
      default:
        return [];
    }
  });
}
