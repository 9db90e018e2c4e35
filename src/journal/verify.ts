import { readHeadMirror } from "./head-mirror.ts";
import { connectForReading } from "./sqlite/connect.ts";
import { journalFailure } from "./sqlite/failure.ts";
import { verifyDatabase } from "./sqlite/verify-database.ts";
import type { Verification } from "./verification.ts";

export interface VerifyOptions {
  /** The mirror of the heads, to see a cut tail too. */
  readonly mirror?: string;
}

/**
 * Recomputes every chain of a journal's file, and checks the order of time, the bodies that entries refer to, and
 * the mirror. Reads only; a gateway may be writing meanwhile.
 *
 * @throws {JournalUnavailableError} when the file cannot be read at all. What is wrong inside is in the result.
 */
export async function verifyJournal(path: string, { mirror }: VerifyOptions = {}): Promise<Verification> {
  const mirrored = mirror === undefined ? undefined : readHeadMirror(mirror);
  try {
    const db = connectForReading(path);
    try {
      return verifyDatabase(db, mirrored, mirror !== undefined);
    } finally {
      db.close();
    }
  } catch (error) {
    throw journalFailure(error, path);
  }
}
