import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { MandateError, messageOf, UsageError } from "../core/errors.ts";
import { printable } from "../mandate/render-problem.ts";
import { JOURNAL_FILE, MIRROR_FILE, rehearsalsOf, stateFolder } from "./home.ts";

export interface FindJournalOptions {
  readonly network?: string | undefined;
  /** The number of a rehearsal. */
  readonly run?: number | undefined;
  readonly home?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export interface FoundJournal {
  readonly home: string;
  readonly journal: string;
  readonly mirror: string;
  /** The rehearsal's number; null for anything else. */
  readonly run: number | null;
}

/** There is a mandate, but nothing has run yet. */
export class NoJournalError extends MandateError {
  constructor(what: string, looked: string, target: string) {
    super("NO_JOURNAL", `${printable(what)} has no journal${looked}`, {
      remedy: `Nothing has run yet: mandate rehearse ${printable(target)}`,
    });
  }
}

/** The state is there, and this user may not look at it: as where the gateway has a user of its own. */
export class StateUnreadableError extends MandateError {
  constructor(folder: string, cause: unknown) {
    super("STATE_UNREADABLE", `${printable(folder)} cannot be read: ${printable(messageOf(cause))}`, {
      remedy: "It is its gateway's. Ask as that user or as root, or name another folder: --home DIR",
      cause,
    });
  }
}

/**
 * The journal that a command line means: that of a home folder or a journal file, or the newest of a mandate (by its
 * file, its folder, or its id where the state is kept in the working folder or MANDATE_HOME).
 *
 * @throws {UsageError} when the target is none of these.
 * @throws {NoJournalError}
 * @throws {StateUnreadableError}
 */
export async function findJournal(target: string, options: FindJournalOptions = {}): Promise<FoundJournal> {
  if (basename(target) === JOURNAL_FILE && existsSync(target)) return found(dirname(resolve(target)), null);
  if (existsSync(join(target, JOURNAL_FILE))) return found(resolve(target), null);
  const file = isFolder(target) && existsSync(join(target, "MANDATE.md")) ? join(target, "MANDATE.md") : target;
  const id = isId(file) && !existsSync(file) ? file : await idOf(file);
  const where = { file, id, home: options.home, ...(options.env ? { env: options.env } : {}) };
  const candidates = [
    ...(options.network === undefined ? rehearsals(where, options.run) : []),
    ...(options.run === undefined ? networks(where, options.network) : []),
  ];
  const [newest] = candidates.sort((a, b) => writtenAt(b.journal) - writtenAt(a.journal) || (b.run ?? 0) - (a.run ?? 0));
  if (newest) return newest;
  const looked =
    options.run !== undefined
      ? ` of rehearsal ${options.run}`
      : options.network !== undefined
        ? ` on ${options.network}`
        : ` in ${stateFolder(where)}`;
  throw new NoJournalError(id, printable(looked), target);
}

interface Where {
  readonly file: string;
  readonly id: string;
  readonly home: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

function rehearsals(where: Where, run: number | undefined): FoundJournal[] {
  const folder = rehearsalsOf(where);
  const runs = run === undefined ? names(folder).filter((name) => /^[1-9]\d*$/.test(name)) : [String(run)];
  return runs.map((name) => found(join(folder, name), Number(name))).filter(({ journal }) => existsSync(journal));
}

function networks(where: Where, network: string | undefined): FoundJournal[] {
  const folder = stateFolder(where);
  return (network === undefined ? names(folder) : [network])
    .map((name) => found(join(folder, name, where.id), null))
    .filter(({ journal }) => existsSync(journal));
}

function found(home: string, run: number | null): FoundJournal {
  return { home, journal: join(home, JOURNAL_FILE), mirror: join(home, MIRROR_FILE), run };
}

/** When a journal was last written; the write-ahead log is part of it. */
function writtenAt(journal: string): number {
  return Math.max(...[journal, `${journal}-wal`].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** A mandate's id, also where the rest of its file is in the middle of being edited. */
async function idOf(file: string): Promise<string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${printable(file)} cannot be read: ${printable(messageOf(error))}`, {
      remedy: "Give a MANDATE.md, a mandate's id, or the folder of a journal.",
      cause: error,
    });
  }
  const [{ splitFrontmatter }, { SourceText }, { readYaml }] = await Promise.all([
    import("../mandate/split-frontmatter.ts"),
    import("../mandate/source-text.ts"),
    import("../mandate/read-yaml.ts"),
  ]);
  const source = new SourceText(file, text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"));
  const cut = splitFrontmatter(source.text);
  const id = "wrong" in cut ? undefined : readYaml(source, cut.yaml).at(["id"]);
  if (typeof id === "string" && isId(id)) return id;
  throw new UsageError(`${printable(file)} is no mandate: it has no id`, {
    remedy: `See what is wrong: mandate check ${printable(file)}`,
  });
}

function isId(text: string): boolean {
  return /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** @throws {StateUnreadableError} */
function names(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new StateUnreadableError(folder, error);
  }
}
