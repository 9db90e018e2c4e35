import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import { sha256 } from "../core/json.ts";
import { EMPTY, linkBatch, prepareBatch, type Row, type Tail, toEntry } from "./chain.ts";
import {
  type Batch,
  type Entry,
  type Head,
  type Journal,
  JournalClosedError,
  MissingBodyError,
  type Seq,
  type Stream,
} from "./journal.ts";

/** A journal that lives as long as its object. Same hashes, same errors, no durability. For tests and benches. */
export class MemoryJournal implements Journal {
  readonly #streams = new Map<Stream, Row[]>();
  readonly #bodies = new Map<Hash, Uint8Array>();
  #closed = false;

  async streams(): Promise<readonly Stream[]> {
    this.#assertOpen();
    return [...this.#streams.keys()].sort();
  }

  async *read(stream: Stream, after: Seq = 0): AsyncGenerator<Entry> {
    this.#assertOpen();
    for (const row of (this.#streams.get(stream) ?? []).slice(after)) yield toEntry(row);
  }

  async head(stream: Stream): Promise<Head> {
    this.#assertOpen();
    const { seq, hash } = this.#tail(stream);
    return { seq, hash };
  }

  async put(body: Uint8Array): Promise<Hash> {
    this.#assertOpen();
    const hash = sha256(body);
    this.#bodies.set(hash, new Uint8Array(body));
    return hash;
  }

  async get(hash: Hash): Promise<Uint8Array> {
    this.#assertOpen();
    const body = this.#bodies.get(hash);
    if (!body) throw new MissingBodyError(hash, "missing");
    return Uint8Array.from(body);
  }

  async commit(batch: readonly Batch[], at: Instant, bodies: readonly Uint8Array[] = []): Promise<readonly Entry[]> {
    this.#assertOpen();
    const rows = linkBatch(prepareBatch(batch, at), at, (stream) => this.#tail(stream));
    for (const body of bodies) this.#bodies.set(sha256(body), new Uint8Array(body));
    for (const row of rows) {
      const stored = this.#streams.get(row.stream);
      if (stored) stored.push(row);
      else this.#streams.set(row.stream, [row]);
    }
    return rows.map(toEntry);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #tail(stream: Stream): Tail {
    return this.#streams.get(stream)?.at(-1) ?? EMPTY;
  }

  #assertOpen(): void {
    if (this.#closed) throw new JournalClosedError("the journal in memory");
  }
}
