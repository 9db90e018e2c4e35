import type { Instant } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import { canonicalJson, type Json, sha256 } from "../core/json.ts";
import { type Batch, type Entry, type Head, StaleError, type Stream } from "./journal.ts";

/** `prev` of the first entry of every stream. */
export const BEFORE_FIRST: Hash = "0".repeat(64);

/** An entry as it is stored: its body is canonical JSON text. */
export interface Row extends Omit<Entry, "body"> {
  readonly body: string;
}

/** What the next entry of a stream is linked to. */
export interface Tail extends Head {
  readonly at: Instant;
}

export const EMPTY: Tail = { seq: 0, hash: BEFORE_FIRST, at: 0 };

/** A batch whose bodies are already text: later changes to the caller's objects do not reach it. */
export interface PreparedBatch {
  readonly stream: Stream;
  readonly after: number;
  readonly entries: readonly { readonly kind: string; readonly body: string }[];
}

const NAME = /^[^\p{Cc}\p{Cs}\uFFFD]{1,200}$/u;

/** Whether `text` may name a stream or a kind: 1 to 200 characters that survive every encoding unchanged. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** SHA-256 of the canonical JSON of an entry without its hash. */
export function rowHash({ stream, seq, at, kind, body, prev }: Omit<Row, "hash">): Hash {
  const [kindText, prevText, streamText] = [JSON.stringify(kind), JSON.stringify(prev), JSON.stringify(stream)];
  return sha256(`{"at":${at},"body":${body},"kind":${kindText},"prev":${prevText},"seq":${seq},"stream":${streamText}}`);
}

export function toEntry(row: Row): Entry {
  return { ...row, body: JSON.parse(row.body) as Json };
}

/** @throws {InvariantError} for a name, body or time that has no place in a journal. */
export function prepareBatch(batch: readonly Batch[], at: Instant): readonly PreparedBatch[] {
  if (!Number.isSafeInteger(at) || at < 0) throw new InvariantError(`${at} is not an instant in whole milliseconds`);
  return batch.map(({ stream, after, entries }) => {
    if (!isName(stream)) throw new InvariantError(`${JSON.stringify(stream)} cannot name a stream`);
    return {
      stream,
      after,
      entries: entries.map(({ kind, body }) => {
        if (!isName(kind)) throw new InvariantError(`${JSON.stringify(kind)} cannot name a kind`);
        return { kind, body: canonicalJson(body) };
      }),
    };
  });
}

/**
 * The rows that a batch would append, given where each stream ends.
 *
 * @throws {StaleError} when a stream does not end where its part of the batch says.
 */
export function linkBatch(batch: readonly PreparedBatch[], at: Instant, tailOf: (stream: Stream) => Tail): readonly Row[] {
  const rows: Row[] = [];
  const moved = new Map<Stream, Tail>();
  for (const { stream, after, entries } of batch) {
    let tail = moved.get(stream) ?? tailOf(stream);
    if (tail.seq !== after) throw new StaleError({ stream, after, head: { seq: tail.seq, hash: tail.hash } });
    for (const { kind, body } of entries) {
      const unhashed = { stream, seq: tail.seq + 1, at: Math.max(at, tail.at), kind, body, prev: tail.hash };
      const row = { ...unhashed, hash: rowHash(unhashed) };
      rows.push(row);
      tail = row;
    }
    moved.set(stream, tail);
  }
  return rows;
}

/** Why `row` cannot follow `tail` in its stream; undefined when it can. */
export function faultOf(row: Row, tail: Tail): string | undefined {
  if (row.seq !== tail.seq + 1) return row.seq > tail.seq ? "the entry is missing" : "its number is out of order";
  if (!Number.isSafeInteger(row.at) || row.at < 0) return "its time is not an instant";
  if (row.at < tail.at) return "its time is before that of the entry before it";
  if (row.prev !== tail.hash) return "its prev is not the hash of the entry before it";
  if (row.hash !== rowHash(row)) return "its hash is not that of its content";
  return undefined;
}
