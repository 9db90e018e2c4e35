import Database from "better-sqlite3";
import { isoTime } from "../../core/clock.ts";
import type { Entry } from "../../journal/journal.ts";

/** The schema of `journal.sqlite` in a workspace. Public: docs/skills.md explains it. */
export const SNAPSHOT_SCHEMA = `
create table entries (
  seq integer primary key,   -- place in the wallet's stream
  at text not null,          -- ISO 8601, UTC
  kind text not null,        -- as docs/architecture.md lists them
  body text not null         -- JSON
);
create view verdicts as
  select seq, at, body ->> 'key' as key, body ->> 'cycle' as cycle, body ->> 'step' as step,
    body ->> 'verdict' as verdict, body -> 'codes' as codes
  from entries where kind = 'judged';
create view outcomes as
  select seq, at, body ->> 'key' as key, body ->> 'outcome' as outcome, body ->> 'reason' as reason,
    body -> 'deltas' as changes, body -> 'transactions' as transactions
  from entries where kind = 'settled';
create view in_flight as
  select max(r.seq) as seq, r.at, r.body ->> 'key' as key,
    (select json_group_array(t.value ->> 'hash') from entries s, json_each(s.body, '$.transactions') t
      where s.kind = 'signed' and s.body ->> 'key' = r.body ->> 'key') as hashes
  from entries r where r.kind in ('reserved', 'reopened') and not exists (
    select 1 from entries s where s.kind = 'settled' and s.body ->> 'key' = r.body ->> 'key'
      and s.body ->> 'outcome' <> 'unresolved' and s.seq > r.seq)
  group by r.body ->> 'key';
`;

/** The agent's own notes. */
export const NOTES_SCHEMA = `
create table notes (
  id integer primary key,
  at text not null default (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
  kind text not null,
  text text not null
);
`;

/** Entries of a wallet's stream as an SQLite file. Signed bytes are in no entry; entries have their hashes alone. */
export function snapshotOf(entries: readonly Pick<Entry, "seq" | "at" | "kind" | "body">[]): Buffer {
  return databaseOf(SNAPSHOT_SCHEMA, (db) => {
    const insert = db.prepare("insert into entries (seq, at, kind, body) values (?, ?, ?, ?)");
    db.transaction(() => {
      for (const { seq, at, kind, body } of entries) insert.run(seq, isoTime(at), kind, JSON.stringify(body));
    })();
  });
}

export function emptyNotes(): Buffer {
  return databaseOf(NOTES_SCHEMA, () => undefined);
}

function databaseOf(schema: string, fill: (db: Database.Database) => void): Buffer {
  const db = new Database(":memory:");
  try {
    db.exec(schema);
    fill(db);
    return db.serialize();
  } finally {
    db.close();
  }
}
