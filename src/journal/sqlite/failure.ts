import Database from "better-sqlite3";
import { MandateError, messageOf } from "../../core/errors.ts";
import { JournalCorruptError, JournalUnavailableError } from "../journal.ts";

const CORRUPT = /^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR|MISMATCH|CONSTRAINT)/;

/** Whether SQLite could read the file but found something other than a sound database of ours. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Database.SqliteError && CORRUPT.test(error.code);
}

/** The typed error for whatever SQLite or the file system threw; errors of ours as they are. */
export function journalFailure(error: unknown, where: string): MandateError {
  if (error instanceof MandateError) return error;
  if (isCorruption(error)) return new JournalCorruptError({ where, reason: messageOf(error), cause: error });
  return new JournalUnavailableError(where, messageOf(error), error);
}
