import type { Database } from "better-sqlite3";
import type { Instant } from "../../core/clock.ts";
import type { Hash } from "../../core/hex.ts";
import { sha256 } from "../../core/json.ts";
import { linkBatch, prepareBatch, type Row, type Tail, toEntry } from "../chain.ts";
import type { HeadMirror } from "../head-mirror.ts";
import { type Batch, type Entry, type Head, type Journal, JournalClosedError, type Seq, type Stream } from "../journal.ts";
import type { FileLock } from "../lock-file.ts";
import type { Verification } from "../verification.ts";
import { closeWriter } from "./connect.ts";
import { journalFailure } from "./failure.ts";
import { GroupCommit } from "./group-commit.ts";
import { readRows } from "./read-rows.ts";
import { prepareRows, type Rows } from "./rows.ts";

export interface SqliteJournalParts {
  readonly path: string;
  readonly db: Database;
  readonly lock: FileLock;
  readonly mirror: HeadMirror;
  readonly verification: Verification;
}

/** The journal that a gateway writes. Made by `openJournal`. */
export class SqliteJournal implements Journal {
  /** What the check at opening found. */
  readonly verification: Verification;
  readonly #parts: SqliteJournalParts;
  readonly #rows: Rows;
  readonly #group: GroupCommit;
  readonly #insertRow: (row: Row) => void;
  readonly #insertBody: (hash: Hash, body: Uint8Array) => void;
  /** Durable ends of streams, read from the file when first asked for. */
  readonly #tails = new Map<Stream, Tail>();
  /** Ends of streams as the transaction under way would leave them. */
  readonly #moved = new Map<Stream, Tail>();
  #closed = false;

  constructor(parts: SqliteJournalParts) {
    const { db, path } = parts;
    this.#parts = parts;
    this.verification = parts.verification;
    this.#rows = prepareRows(db);
    const row = db.prepare<Row>("INSERT INTO entries VALUES (@stream, @seq, @at, @kind, @body, @prev, @hash)");
    const body = db.prepare<[Hash, Uint8Array]>("INSERT INTO bodies VALUES (?, ?)");
    this.#insertRow = (it) => void row.run(it);
    this.#insertBody = (hash, bytes) => void body.run(hash, bytes);
    this.#group = new GroupCommit(db, path, { committed: () => this.#committed(), undone: () => this.#undone() });
  }

  async streams(): Promise<readonly Stream[]> {
    return this.#reading((rows) => rows.streams());
  }

  async *read(stream: Stream, after: Seq = 0): AsyncGenerator<Entry> {
    try {
      yield* readRows(() => this.#open(), this.#parts.path, stream, after);
    } catch (error) {
      throw journalFailure(error, this.#parts.path);
    }
  }

  async head(stream: Stream): Promise<Head> {
    const { seq, hash } = this.#reading(() => this.#tail(stream));
    return { seq, hash };
  }

  async get(hash: Hash): Promise<Uint8Array> {
    return this.#reading((rows) => rows.body(hash));
  }

  async put(body: Uint8Array): Promise<Hash> {
    this.#open();
    const bytes = new Uint8Array(body);
    const hash = sha256(bytes);
    return this.#group.run(() => {
      this.#insertBody(hash, bytes);
      return hash;
    });
  }

  async commit(batch: readonly Batch[], at: Instant, bodies: readonly Uint8Array[] = []): Promise<readonly Entry[]> {
    this.#open();
    const prepared = prepareBatch(batch, at);
    const stored = bodies.map((body) => ({ hash: sha256(body), bytes: new Uint8Array(body) }));
    const rows = await this.#group.run(() => {
      const linked = linkBatch(prepared, at, (stream) => this.#moved.get(stream) ?? this.#tail(stream));
      for (const { hash, bytes } of stored) this.#insertBody(hash, bytes);
      for (const row of linked) this.#insertRow(row);
      for (const row of linked) this.#moved.set(row.stream, row);
      return linked;
    });
    return rows.map(toEntry);
  }

  /** Commits what is waiting, then closes the file and lets go of the lock. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#group.flush();
    try {
      this.#parts.mirror.close();
      closeWriter(this.#parts.db);
    } catch (error) {
      throw journalFailure(error, this.#parts.path);
    } finally {
      this.#parts.lock.release();
    }
  }

  #tail(stream: Stream): Tail {
    const known = this.#tails.get(stream);
    if (known) return known;
    const tail = this.#rows.tail(stream);
    this.#tails.set(stream, tail);
    return tail;
  }

  #committed(): void {
    for (const [stream, { seq, hash, at }] of this.#moved) this.#tails.set(stream, { seq, hash, at });
    this.#parts.mirror.record(this.#moved);
    this.#moved.clear();
  }

  #undone(): void {
    this.#moved.clear();
    this.#tails.clear();
  }

  #open(): Rows {
    if (this.#closed) throw new JournalClosedError(this.#parts.path);
    return this.#rows;
  }

  #reading<T>(read: (rows: Rows) => T): T {
    const rows = this.#open();
    try {
      return read(rows);
    } catch (error) {
      throw journalFailure(error, this.#parts.path);
    }
  }
}
