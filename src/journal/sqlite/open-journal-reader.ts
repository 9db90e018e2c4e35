import type { Database } from "better-sqlite3";
import type { Hash } from "../../core/hex.ts";
import { type Entry, type Head, JournalClosedError, type JournalReader, type Seq, type Stream } from "../journal.ts";
import { connectForReading } from "./connect.ts";
import { journalFailure } from "./failure.ts";
import { readRows } from "./read-rows.ts";
import { prepareRows, type Rows } from "./rows.ts";

/**
 * Opens a journal read-only, whether a gateway is writing it or not.
 *
 * @throws {JournalUnavailableError} when there is no such file or no right to read it.
 * @throws {JournalCorruptError} when it is no journal.
 */
export async function openJournalReader(path: string): Promise<JournalReader> {
  const db = connectForReading(path);
  try {
    return new SqliteJournalReader(path, db);
  } catch (error) {
    db.close();
    throw journalFailure(error, path);
  }
}

class SqliteJournalReader implements JournalReader {
  readonly #path: string;
  readonly #db: Database;
  readonly #rows: Rows;

  constructor(path: string, db: Database) {
    this.#path = path;
    this.#db = db;
    this.#rows = prepareRows(db);
  }

  async streams(): Promise<readonly Stream[]> {
    return this.#reading((rows) => rows.streams());
  }

  async *read(stream: Stream, after: Seq = 0): AsyncGenerator<Entry> {
    try {
      yield* readRows(() => this.#open(), this.#path, stream, after);
    } catch (error) {
      throw journalFailure(error, this.#path);
    }
  }

  async head(stream: Stream): Promise<Head> {
    const { seq, hash } = this.#reading((rows) => rows.tail(stream));
    return { seq, hash };
  }

  async get(hash: Hash): Promise<Uint8Array> {
    return this.#reading((rows) => rows.body(hash));
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #open(): Rows {
    if (!this.#db.open) throw new JournalClosedError(this.#path);
    return this.#rows;
  }

  #reading<T>(read: (rows: Rows) => T): T {
    const rows = this.#open();
    try {
      return read(rows);
    } catch (error) {
      throw journalFailure(error, this.#path);
    }
  }
}
