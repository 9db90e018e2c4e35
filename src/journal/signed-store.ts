import { chmodSync } from "node:fs";
import type Database from "better-sqlite3";
import { MandateError } from "../core/errors.ts";
import { JournalClosedError } from "./journal.ts";
import { createPrivate } from "./lock-file.ts";
import { closeWriter, connectForWriting } from "./sqlite/connect.ts";
import { journalFailure } from "./sqlite/failure.ts";

/**
 * Signed transaction bytes, in a file of their own that only the gateway's user can read.
 *
 * Whoever has them can send them: they are never in the journal, in answers, logs or snapshots. Each call is durable
 * when it resolves.
 */
export interface SignedStore {
  /**
   * Keeps the bytes under their hash. The same again changes nothing.
   *
   * @throws {SignedBytesConflictError} when other bytes are kept under it.
   */
  put(hash: string, bytes: Uint8Array): Promise<void>;
  /** Keeps several, all of them or none, with one sync of the disk. @throws {SignedBytesConflictError} */
  putAll(signed: readonly KeptBytes[]): Promise<void>;
  get(hash: string): Promise<Uint8Array | undefined>;
  /** Forgets the bytes and overwrites where they stood. Unknown hashes are no error. */
  delete(hash: string): Promise<void>;
  /** Forgets several in one go. */
  deleteAll(hashes: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface KeptBytes {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** Other bytes are already kept under this hash. */
export class SignedBytesConflictError extends MandateError {
  constructor(hash: string) {
    super("SIGNED_BYTES_CONFLICT", `other signed bytes are kept under ${hash}`, {
      remedy: "One hash has one transaction. Settle or drop the first before signing another.",
      details: { hash },
    });
  }
}

/** @throws {JournalUnavailableError} when the file cannot be created, made private or opened. */
export async function openSignedStore(path: string): Promise<SignedStore> {
  const db = openPrivate(path);
  const keep = db.prepare<[string, Uint8Array]>("INSERT INTO signed VALUES (?, ?) ON CONFLICT DO NOTHING");
  const find = db.prepare<[string], Uint8Array>("SELECT bytes FROM signed WHERE hash = ?").pluck();
  const forget = db.prepare<[string]>("DELETE FROM signed WHERE hash = ?");
  const guarded = <T>(work: () => T): T => {
    if (!db.open) throw new JournalClosedError(path);
    try {
      return work();
    } catch (error) {
      throw journalFailure(error, path);
    }
  };
  const putAll = db.transaction((signed: readonly KeptBytes[]) => {
    for (const { hash, bytes } of signed) {
      if (keep.run(hash, bytes).changes > 0) continue;
      const kept = find.get(hash);
      if (!kept || Buffer.compare(kept, bytes) !== 0) throw new SignedBytesConflictError(hash);
    }
  });
  const deleteAll = db.transaction((hashes: readonly string[]) => hashes.reduce((n, hash) => n + forget.run(hash).changes, 0));
  const drop = (hashes: readonly string[]) =>
    guarded(() => {
      if (deleteAll.immediate(hashes) > 0) db.pragma("wal_checkpoint(TRUNCATE)");
    });
  return {
    put: async (hash, bytes) => guarded(() => putAll.immediate([{ hash, bytes }])),
    putAll: async (signed) => guarded(() => putAll.immediate(signed)),
    get: async (hash) =>
      guarded(() => {
        const bytes = find.get(hash);
        return bytes && Uint8Array.from(bytes);
      }),
    delete: async (hash) => drop([hash]),
    deleteAll: async (hashes) => drop(hashes),
    close: async () => {
      if (db.open) closeWriter(db);
    },
  };
}

function openPrivate(path: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    createPrivate(path);
    chmodSync(path, 0o600);
    db = connectForWriting(path);
    db.pragma("secure_delete = ON");
    db.exec("CREATE TABLE IF NOT EXISTS signed (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
    return db;
  } catch (error) {
    db?.close();
    throw journalFailure(error, path);
  }
}
