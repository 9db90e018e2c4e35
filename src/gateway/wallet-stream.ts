import type { Instant } from "../core/clock.ts";
import type { WalletEntry } from "../journal/entries.ts";
import type { FleetEntry } from "../journal/fold-fleet.ts";
import { applyEntry, emptyWallet, type WalletState } from "../journal/fold-wallet.ts";
import type { Journal, Stream } from "../journal/journal.ts";
import type { FleetStream } from "./fleet-stream.ts";

/** A wallet's stream with its fold kept beside it. What `state` says, the journal has. */
export class WalletStream {
  readonly stream: Stream;
  readonly journal: Journal;
  #state: WalletState;

  private constructor(journal: Journal, stream: Stream, state: WalletState) {
    this.journal = journal;
    this.stream = stream;
    this.#state = state;
  }

  static async open(journal: Journal, stream: Stream): Promise<WalletStream> {
    const opened = new WalletStream(journal, stream, emptyWallet);
    await opened.refresh();
    return opened;
  }

  get state(): WalletState {
    return this.#state;
  }

  /** Folds what has been appended since. */
  async refresh(): Promise<void> {
    for await (const entry of this.journal.read(this.stream, this.#state.seq)) this.#state = applyEntry(this.#state, entry);
  }

  /**
   * Appends at the sequence number that `state` was folded to, and folds it. With `shared`, what the same says in the
   * stream of a fleet's budget is appended with it, and `bodies` are stored: all or nothing.
   *
   * @throws {StaleError} somebody appended in between: `refresh`, and decide again.
   */
  async commit(
    entries: readonly WalletEntry[],
    now: Instant,
    {
      shared,
      bodies = [],
    }: {
      readonly shared?: { readonly fleet: FleetStream; readonly entries: readonly FleetEntry[] };
      readonly bodies?: readonly Uint8Array[];
    } = {},
  ): Promise<WalletState> {
    const own = { stream: this.stream, after: this.#state.seq, entries };
    const appended = await this.journal.commit([own, ...(shared ? [shared.fleet.batch(shared.entries)] : [])], now, bodies);
    for (const entry of appended) if (entry.stream === this.stream) this.#state = applyEntry(this.#state, entry);
    shared?.fleet.adopt(appended);
    return this.#state;
  }
}
