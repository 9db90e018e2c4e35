import type { Database, Statement } from "better-sqlite3";
import { journalFailure } from "./failure.ts";

export interface GroupCommitHooks {
  /** After COMMIT, before anybody is told. */
  committed(): void;
  /** After the whole transaction was undone. */
  undone(): void;
}

interface Item {
  /** Does the work and returns what to call once it is durable. */
  attempt(): () => void;
  reject(error: unknown): void;
}

/**
 * Gathers work from many callers into one transaction a turn, so that a hundred of them wait for one sync.
 *
 * Each item has a savepoint: one that throws is undone alone and rejects alone, and later items see what earlier
 * ones wrote. Promises settle only after COMMIT. When COMMIT itself fails, every item rejects.
 */
export class GroupCommit {
  readonly #db: Database;
  readonly #where: string;
  readonly #sql: Readonly<Record<"begin" | "commit" | "savepoint" | "release" | "undoItem" | "rollback", Statement>>;
  readonly #hooks: GroupCommitHooks;
  #queue: Item[] = [];

  constructor(db: Database, where: string, hooks: GroupCommitHooks) {
    this.#db = db;
    this.#where = where;
    this.#sql = {
      begin: db.prepare("BEGIN IMMEDIATE"),
      commit: db.prepare("COMMIT"),
      savepoint: db.prepare("SAVEPOINT item"),
      release: db.prepare("RELEASE item"),
      undoItem: db.prepare("ROLLBACK TO item"),
      rollback: db.prepare("ROLLBACK"),
    };
    this.#hooks = hooks;
  }

  /** Runs `work` in the next transaction. It must be synchronous, and must not keep what it saw if it throws. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const attempt = () => {
        const result = work();
        return () => resolve(result);
      };
      this.#queue.push({ attempt, reject });
      if (this.#queue.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits at once what is waiting. */
  flush(): void {
    const items = this.#queue;
    this.#queue = [];
    if (items.length === 0) return;
    let settled: readonly (() => void)[];
    try {
      this.#sql.begin.run();
      settled = items.map((item) => this.#attempt(item));
      this.#sql.commit.run();
    } catch (error) {
      const failure = this.#undo(error);
      for (const item of items) item.reject(failure);
      return;
    }
    try {
      this.#hooks.committed();
    } finally {
      for (const settle of settled) settle();
    }
  }

  #attempt(item: Item): () => void {
    this.#sql.savepoint.run();
    try {
      const settle = item.attempt();
      this.#sql.release.run();
      return settle;
    } catch (error) {
      // A full disk or an I/O error makes SQLite undo the whole transaction: then nobody's part holds.
      if (!this.#db.inTransaction) throw error;
      this.#sql.undoItem.run();
      this.#sql.release.run();
      return () => item.reject(journalFailure(error, this.#where));
    }
  }

  #undo(error: unknown): Error {
    try {
      if (this.#db.inTransaction) this.#sql.rollback.run();
      return journalFailure(error, this.#where);
    } catch (second) {
      return journalFailure(new AggregateError([error, second], "neither COMMIT nor ROLLBACK worked"), this.#where);
    } finally {
      this.#hooks.undone();
    }
  }
}
