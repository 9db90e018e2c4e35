import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MandateError } from "../core/errors.ts";

/** Where a mandate's state is looked for. */
export interface StateFolderParameters {
  /** The mandate's path. */
  readonly file: string;
  /** `--home`. */
  readonly home?: string | undefined;
  /** MANDATE_HOME is read from it. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface HomeParameters extends StateFolderParameters {
  readonly id: string;
  readonly network: string;
}

export const JOURNAL_FILE = "journal.sqlite";
export const MIRROR_FILE = join("mirror", "heads");
const REHEARSALS = "rehearsals";

/** The folder of all state: `--home`, else MANDATE_HOME, else `.mandate` beside the mandate file. Absolute. */
export function stateFolder({ file, home, env = process.env }: StateFolderParameters): string {
  return resolve(home ?? (env.MANDATE_HOME || join(dirname(file), ".mandate")));
}

/** Where a mandate's journal lives on a network that is no rehearsal: `<state>/<network>/<id>`. */
export function homeOf({ id, network, ...where }: HomeParameters): string {
  return join(stateFolder(where), network, id);
}

/** Where the rehearsals of a mandate live, each in a folder named by its number. */
export function rehearsalsOf({ id, ...where }: Omit<HomeParameters, "network">): string {
  return join(stateFolder(where), REHEARSALS, id);
}

/** State cannot be kept where it should be. */
export class HomeError extends MandateError {
  constructor(folder: string, cause: unknown) {
    super("HOME_UNWRITABLE", `${folder} cannot be made`, {
      remedy: "Give a folder that you may write: --home DIR, or MANDATE_HOME.",
      details: { folder },
      cause,
    });
  }
}

/**
 * Makes the folder of the next rehearsal: 1, 2, 3, … Two that start at once get two folders.
 *
 * @throws {HomeError}
 */
export function nextRehearsal(where: Omit<HomeParameters, "network">): { readonly run: number; readonly home: string } {
  const folder = rehearsalsOf(where);
  make(folder, true);
  for (let run = 1; ; run += 1) {
    const home = join(folder, String(run));
    if (make(home, false)) return { run, home };
  }
}

/** False: it was there already. */
function make(folder: string, recursive: boolean): boolean {
  try {
    mkdirSync(folder, { recursive, mode: 0o700 });
    return true;
  } catch (error) {
    if (!recursive && error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw new HomeError(folder, error);
  }
}
