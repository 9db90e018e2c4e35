import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { MandateError } from "../core/errors.ts";
import type { Journal, JournalUnavailableError } from "../journal/journal.ts";
import { openJournal } from "../journal/sqlite/open-journal.ts";

const JOURNAL = "journal.sqlite";
const MIRROR = "mirror";

/** A wallet's folder that cannot lead to the journal of a house. */
export class SharedJournalError extends MandateError {}

/** Opens the journal of a folder, alone, after verifying it. See {@link openJournal} for the errors. */
export function openJournalIn(folder: string, onMirrorFailure: (failure: JournalUnavailableError) => void): Promise<Journal> {
  return openJournal({ path: join(folder, JOURNAL), mirror: join(folder, MIRROR, "heads"), onMirrorFailure });
}

/**
 * Lets a wallet's own folder lead to the journal that it shares with other wallets, so that whoever knows the wallet's
 * folder finds its entries. A journal of the wallet's own is never replaced: its budgets would begin anew.
 *
 * @throws {SharedJournalError} OWN_JOURNAL: the folder has another journal.
 */
export function shareJournal(home: string, house: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  mkdirSync(join(house, MIRROR), { recursive: true, mode: 0o700 });
  for (const name of [JOURNAL, MIRROR]) {
    const [link, shared] = [join(home, name), resolve(house, name)];
    const found = lstatSync(link, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() && resolve(home, readlinkSync(link)) === shared) continue;
    if (found) {
      throw new SharedJournalError("OWN_JOURNAL", `${link} is not the journal of the house in ${house}`, {
        remedy: "A wallet stays with the journal that it began with. Start it alone, or name that house: --house DIR.",
      });
    }
    symlinkSync(relative(resolve(home), shared), link);
  }
}
