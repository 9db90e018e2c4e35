import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { journalFailure } from "./failure.ts";

/** Pages (of 4 KiB) in the write-ahead log before it is merged: rarer merges, for a file of at most about 16 MiB. */
const MERGE_AT_PAGES = 4_000;

/** How long a statement waits for another process (a reader's checkpoint, a backup) before it fails. */
const BUSY_MS = 2_000;

/**
 * Opens a file for writing: WAL, and every commit synced to the disk before it returns. Creates the file and its
 * folder when they are not there.
 *
 * @throws {JournalUnavailableError}
 */
export function connectForWriting(path: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true });
    const isNew = !existsSync(path);
    db = new Database(path, { timeout: BUSY_MS });
    db.pragma("trusted_schema = OFF");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("fullfsync = ON");
    db.pragma(`wal_autocheckpoint = ${MERGE_AT_PAGES}`);
    if (isNew) syncFolder(folder);
    return db;
  } catch (error) {
    db?.close();
    throw journalFailure(error, path);
  }
}

/** @throws {JournalUnavailableError} also when there is no such file. */
export function connectForReading(path: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    db.pragma("trusted_schema = OFF");
    return db;
  } catch (error) {
    db?.close();
    throw journalFailure(error, path);
  }
}

const STAYS_IN_WAL = /^SQLITE_(BUSY|CANTOPEN|FULL|IOERR)/;

/**
 * Closes a written file so that it stands alone, without the -wal and -shm files that a reader with no right to
 * write could not make. While others have it open it stays in WAL, which serves them as well, and where there is no room or
 * no descriptor left to make it anew: what was committed is there all the same.
 */
export function closeWriter(db: Database.Database): void {
  try {
    db.pragma("journal_mode = DELETE");
  } catch (error) {
    if (!(error instanceof Database.SqliteError && STAYS_IN_WAL.test(error.code))) throw error;
  } finally {
    db.close();
  }
}

/** Makes the name of a new file as durable as its content. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
