import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { JournalLockedError, JournalUnavailableError } from "./journal.ts";

export interface FileLock {
  readonly path: string;
  /** Lets go. Doing it twice is harmless. */
  release(): void;
}

/**
 * Takes an exclusive lock that the operating system drops when this process ends, however it ends.
 *
 * `path` becomes an empty SQLite file, held under BEGIN EXCLUSIVE. It stays behind when the lock is let go, and
 * nobody may delete, copy or read it meanwhile: on POSIX, closing any descriptor of the file drops the lock of
 * that process. Local disks only: a network file system may grant the lock twice.
 *
 * @throws {JournalLockedError} when somebody holds it, in this process or another.
 */
export function takeLock(path: string): FileLock {
  let db: Database.Database | undefined;
  try {
    createPrivate(path);
    db = new Database(path, { timeout: 0 });
    db.pragma("journal_mode = MEMORY");
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) throw new JournalLockedError(path, error);
    throw new JournalUnavailableError(path, "cannot take the lock", error);
  }
  const held = db;
  return { path, release: () => void held.close() };
}

/** Creates an empty file that only its owner can read; what is there is left alone, and unopened for the lock's sake. */
export function createPrivate(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
