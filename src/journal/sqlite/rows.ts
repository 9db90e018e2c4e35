import type { Database } from "better-sqlite3";
import type { Hash } from "../../core/hex.ts";
import { sha256 } from "../../core/json.ts";
import { EMPTY, type Row, type Tail } from "../chain.ts";
import { MissingBodyError, type Seq, type Stream } from "../journal.ts";

/** A row with its body as the bytes that the file holds, whatever text they are read as. */
export type RawRow = Omit<Row, "body"> & { readonly body: Uint8Array };

/** Everything that is read from a journal's file, as prepared statements. */
export interface Rows {
  /** At most `limit` rows of a stream, from after `after` up to `last`, in order. */
  page(stream: Stream, after: Seq, last: Seq, limit: number): readonly Row[];
  /** All rows of all streams, in the order of (stream, seq). Nothing can be written until it ends. */
  all(): IterableIterator<RawRow>;
  /** What stands at a place of a stream. */
  at(stream: Stream, seq: Seq): Tail | undefined;
  /** The last of a stream; {@link EMPTY} when it has none. */
  tail(stream: Stream): Tail;
  streams(): readonly Stream[];
  /** @throws {MissingBodyError} */
  body(hash: Hash): Uint8Array;
}

const COLUMNS = "stream, seq, at, kind, body, prev, hash";
const RAW_COLUMNS = "stream, seq, at, kind, CAST(body AS BLOB) AS body, prev, hash";

export function prepareRows(db: Database): Rows {
  const page = db.prepare<[Stream, Seq, Seq, number], Row>(
    `SELECT ${COLUMNS} FROM entries WHERE stream = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
  );
  const all = db.prepare<[], RawRow>(`SELECT ${RAW_COLUMNS} FROM entries ORDER BY stream, seq`);
  const at = db.prepare<[Stream, Seq], Tail>("SELECT seq, hash, at FROM entries WHERE stream = ? AND seq = ?");
  const tail = db.prepare<[Stream], Tail>("SELECT seq, hash, at FROM entries WHERE stream = ? ORDER BY seq DESC LIMIT 1");
  const nextStream = db.prepare<[Stream], Stream>("SELECT stream FROM entries WHERE stream > ? ORDER BY stream LIMIT 1").pluck();
  const body = db.prepare<[Hash], Uint8Array>("SELECT body FROM bodies WHERE hash = ?").pluck();
  return {
    page: (stream, after, last, limit) => page.all(stream, after, last, limit),
    all: () => all.iterate(),
    at: (stream, seq) => at.get(stream, seq),
    tail: (stream) => tail.get(stream) ?? EMPTY,
    streams: () => {
      const streams: Stream[] = [];
      for (let next = nextStream.get(""); next !== undefined; next = nextStream.get(next)) streams.push(next);
      return streams.sort();
    },
    body: (hash) => {
      const bytes = body.get(hash);
      if (bytes === undefined) throw new MissingBodyError(hash, "missing");
      if (sha256(bytes) !== hash) throw new MissingBodyError(hash, "altered");
      return Uint8Array.from(bytes);
    },
  };
}
