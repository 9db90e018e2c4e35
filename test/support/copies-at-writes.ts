import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import Database from "better-sqlite3";

/** A folder as a process leaves it that is killed at one moment: what it wrote is there, what it was about to write is not. */
export interface LeftBehind {
  /** What was being written. */
  readonly at: string;
  readonly folder: string;
}

/** Files that are put in their places, or taken away, at once. */
const MOVES = ["writeFileSync", "renameSync", "linkSync", "rmSync"] as const;

/**
 * Copies a folder right before and right after every commit of a database in it, and every file that is written, moved or
 * removed in it, while `work` runs. Each copy is what kill -9 would leave at that moment: the system keeps what was written.
 */
export async function copiesAtWrites(folder: string, into: string, work: () => Promise<unknown>): Promise<readonly LeftBehind[]> {
  const copies: LeftBehind[] = [];
  let copying = false;
  const copy = (at: string): void => {
    if (copying) return;
    copying = true;
    const to = join(into, String(copies.length));
    fs.cpSync(folder, to, { recursive: true });
    copies.push({ at, folder: to });
    copying = false;
  };
  const around = <T>(at: string, write: () => T): T => {
    copy(`before ${at}`);
    const done = write();
    copy(`after ${at}`);
    return done;
  };
  const db = new Database(":memory:");
  const statement = Object.getPrototypeOf(db.prepare("SELECT 1")) as Database.Statement;
  const { run } = statement;
  db.close();
  statement.run = function (this: Database.Statement, ...values: unknown[]) {
    const own = () => run.apply(this, values);
    return this.source === "COMMIT" && this.database.name.startsWith(folder)
      ? around(`COMMIT of ${this.database.name}`, own)
      : own();
  };
  const restore = MOVES.map((name) => {
    const real = fs[name] as (...args: readonly unknown[]) => unknown;
    const wrapped = (...args: readonly unknown[]) => {
      const own = () => real.apply(fs, [...args]);
      return !copying && args.some((one) => typeof one === "string" && one.startsWith(folder)) ? around(name, own) : own();
    };
    Object.assign(fs, { [name]: wrapped });
    return () => Object.assign(fs, { [name]: real });
  });
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    statement.run = run;
    for (const back of restore) back();
    syncBuiltinESMExports();
  }
  return copies;
}
