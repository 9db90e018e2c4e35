import type { Database } from "better-sqlite3";
import { BEFORE_FIRST } from "../chain.ts";

/** Of the file. A journal with another version is refused. */
export const SCHEMA_VERSION = "1";

/**
 * The whole schema, as docs/journal.md publishes it.
 *
 * The insert triggers stand because REPLACE deletes without firing the delete triggers. `entries` keeps its rowid: a
 * turn of commits to many streams then writes its rows to the end of the table, not to a page a stream.
 */
export const SCHEMA: readonly string[] = [
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
  `CREATE TABLE entries (
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT`,
  "CREATE TABLE bodies (hash TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT",
  `CREATE TRIGGER entries_extend BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries WHERE stream = NEW.stream AND seq = NEW.seq)
  OR NOT ((NEW.seq = 1 AND NEW.prev = '${BEFORE_FIRST}')
    OR EXISTS (SELECT 1 FROM entries WHERE stream = NEW.stream AND seq = NEW.seq - 1 AND hash = NEW.prev))
BEGIN SELECT RAISE(ABORT, 'an entry only ever extends its stream'); END`,
  "CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
  "CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END",
  `CREATE TRIGGER bodies_once BEFORE INSERT ON bodies
WHEN EXISTS (SELECT 1 FROM bodies WHERE hash = NEW.hash)
BEGIN SELECT RAISE(IGNORE); END`,
  "CREATE TRIGGER bodies_no_update BEFORE UPDATE ON bodies BEGIN SELECT RAISE(ABORT, 'bodies are never changed'); END",
  "CREATE TRIGGER bodies_no_delete BEFORE DELETE ON bodies BEGIN SELECT RAISE(ABORT, 'bodies are never deleted'); END",
];

/** Whether the file is new: no table of anybody's. */
export function isEmpty(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
}

export function createSchema(db: Database): void {
  db.transaction(() => {
    for (const statement of SCHEMA) db.exec(statement);
    db.prepare("INSERT INTO meta (key, value) VALUES ('schema_version', ?)").run(SCHEMA_VERSION);
  }).immediate();
}

/**
 * Why a file's schema is not a journal's; undefined when it is. A strange trigger could undo what we write, a
 * dropped one would let others rewrite it.
 */
export function strangeSchema(db: Database): string | undefined {
  const found = db
    .prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .pluck()
    .all();
  const strange = found.find((sql) => !SCHEMA.includes(sql));
  if (strange !== undefined) return `its schema has more than a journal's: ${strange}`;
  const absent = SCHEMA.find((sql) => !found.includes(sql));
  if (absent !== undefined) return `its schema lacks: ${absent}`;
  const version = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'schema_version'").pluck().get();
  return version === SCHEMA_VERSION ? undefined : `schema version ${version ?? "none"}, not ${SCHEMA_VERSION}`;
}
