import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Database } from "better-sqlite3";
import { type MirrorReading, openHeadMirror, readHeadMirror } from "../head-mirror.ts";
import { JournalCorruptError, type JournalUnavailableError } from "../journal.ts";
import { takeLock } from "../lock-file.ts";
import type { Verification } from "../verification.ts";
import { closeWriter, connectForReading, connectForWriting } from "./connect.ts";
import { journalFailure } from "./failure.ts";
import { createSchema, isEmpty } from "./schema.ts";
import { SqliteJournal } from "./sqlite-journal.ts";
import { verifyDatabase } from "./verify-database.ts";

export interface OpenJournalOptions {
  /** The journal's file. Created when there is none. */
  readonly path: string;
  /** The file that mirrors the heads. Put it where whoever can replace the journal cannot replace it too. */
  readonly mirror: string;
  /** Hears when the mirror cannot be written: the journal goes on, a cut tail would go unseen. */
  readonly onMirrorFailure: (failure: JournalUnavailableError) => void;
}

/**
 * Opens a journal for writing, alone, after verifying all of it.
 *
 * @throws {JournalLockedError} while somebody else has it open for writing.
 * @throws {JournalCorruptError} naming the first bad entry, also when the mirror knows more than the file.
 * @throws {JournalUnavailableError} when a file cannot be created, read or written.
 */
export async function openJournal({ path, mirror, onMirrorFailure }: OpenJournalOptions): Promise<SqliteJournal> {
  const file = existsSync(path) ? realpathSync(path) : resolve(path);
  const lock = takeLock(`${file}.lock`);
  let db: Database | undefined;
  try {
    const mirrored = readHeadMirror(mirror);
    const verification = verifyReadOnly(file, mirrored);
    refuseBad(file, verification);
    db = connectForWriting(file);
    if (isEmpty(db)) createSchema(db);
    const heads = new Map(verification.streams.map(({ stream, head }) => [stream, head]));
    const written = openHeadMirror(mirror, { heads, onFailure: onMirrorFailure });
    return new SqliteJournal({ path: file, db, lock, mirror: written, verification });
  } catch (error) {
    if (db) closeWriter(db);
    lock.release();
    throw journalFailure(error, file);
  }
}

/** A file that turns out to be bad is evidence: it is not opened for writing before it has been checked. */
function verifyReadOnly(file: string, mirrored: MirrorReading | undefined): Verification {
  if (!existsSync(file)) return verifyDatabase(undefined, mirrored, true);
  const db = connectForReading(file);
  try {
    return verifyDatabase(db, mirrored, true);
  } finally {
    db.close();
  }
}

function refuseBad(where: string, { firstBad }: Verification): void {
  if (!firstBad) return;
  const { stream, seq, reason } = firstBad;
  throw new JournalCorruptError(stream === "" ? { where, reason } : { where, stream, seq, reason });
}
