import type { Instant } from "../core/clock.ts";
import { MandateError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { Json } from "../core/json.ts";

/** The name of one chain of entries: "wallet:0x…", "house", "fleet:NAME". At most 200 characters, none of them a control. */
export type Stream = string;

/** The place of an entry in its stream: 1, 2, 3, …; 0 is before the first. */
export type Seq = number;

/** What a caller wants to append. */
export interface Draft {
  readonly kind: string;
  /** Anything with a JSON form (core/json.ts): it is written down as it is when `commit` is called. */
  readonly body: unknown;
}

/** What was appended. */
export interface Entry {
  readonly stream: Stream;
  readonly seq: Seq;
  /** Never less than that of the entry before it in the stream. */
  readonly at: Instant;
  readonly kind: string;
  readonly body: Json;
  /** The hash of the entry before it; 64 zeros for the first. */
  readonly prev: Hash;
  /** SHA-256 of the canonical JSON of all fields above. */
  readonly hash: Hash;
}

/** The last entry of a stream, or `{ seq: 0, hash: 64 zeros }`. */
export interface Head {
  readonly seq: Seq;
  readonly hash: Hash;
}

/** Drafts for one stream, good only while the stream's head is at `after`. Without drafts it only asserts that. */
export interface Batch {
  readonly stream: Stream;
  readonly after: Seq;
  readonly entries: readonly Draft[];
}

/** The half of a journal that anybody who may read the file can have. */
export interface JournalReader {
  /** Every stream that has an entry, sorted. */
  streams(): Promise<readonly Stream[]>;
  /**
   * The entries after `after` (0 unless told), in order, up to the head at the time of the first read.
   *
   * Each is checked against the one before it on the way.
   *
   * @throws {JournalCorruptError} at an entry that does not hold.
   */
  read(stream: Stream, after?: Seq): AsyncIterable<Entry>;
  head(stream: Stream): Promise<Head>;
  /** @throws {MissingBodyError} when the body is not there, or is not what its hash says. */
  get(hash: Hash): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Hash-chained, append-only streams, and bodies by hash. Whatever resolves here is durable. */
export interface Journal extends JournalReader {
  /** Stores bytes and resolves to their SHA-256. Storing the same bytes again changes nothing. */
  put(body: Uint8Array): Promise<Hash>;
  /**
   * Appends to one or more streams, all or none, at the sequence numbers that the caller read.
   *
   * An entry's time is `at`, or that of the entry before it where that is later.
   *
   * @param bodies - stored with them, all or none.
   * @throws {StaleError} when a stream has moved: read on, decide again.
   */
  commit(batch: readonly Batch[], at: Instant, bodies?: readonly Uint8Array[]): Promise<readonly Entry[]>;
}

/** A stream is not where the caller read it. Nothing was appended. */
export class StaleError extends MandateError {
  readonly stream: Stream;
  readonly after: Seq;
  /** Where the stream really is. */
  readonly head: Head;

  constructor({ stream, after, head }: { stream: Stream; after: Seq; head: Head }) {
    super("STALE", `${stream} is at entry ${head.seq}, not at ${after}`, {
      remedy: "Read the entries since, decide again, and commit after the new head.",
      details: { stream, after, head },
    });
    this.stream = stream;
    this.after = after;
    this.head = head;
  }
}

/** A journal does not hold together, or is not a journal. */
export class JournalCorruptError extends MandateError {
  /** The stream and number of the first entry that does not hold; absent when the damage lies outside of any entry. */
  readonly entry: { readonly stream: Stream; readonly seq: Seq } | undefined;
  readonly reason: string;

  constructor({ where, stream, seq, reason, cause }: CorruptParameters) {
    const entry = stream === undefined || seq === undefined ? undefined : { stream, seq };
    super("JOURNAL_CORRUPT", `${where}${entry ? `, ${entry.stream} entry ${entry.seq}` : ""}: ${reason}`, {
      remedy:
        "Keep the file as evidence and restore a copy that verifies. To leave all positions now: mandate flatten --without-journal.",
      details: { where, ...entry, reason },
      cause,
    });
    this.entry = entry;
    this.reason = reason;
  }
}

interface CorruptParameters {
  /** The file, or "memory". */
  readonly where: string;
  readonly stream?: Stream | undefined;
  readonly seq?: Seq | undefined;
  readonly reason: string;
  readonly cause?: unknown;
}

/** A body that an entry refers to is not there, or is not what its hash says. The chain does not depend on it. */
export class MissingBodyError extends MandateError {
  readonly hash: Hash;
  readonly reason: "missing" | "altered";

  constructor(hash: Hash, reason: "missing" | "altered") {
    super("MISSING_BODY", `body ${hash} is ${reason}`, {
      remedy: "The entries still verify without it. Restore it from a copy of the journal if its text is needed.",
      details: { hash, reason },
    });
    this.hash = hash;
    this.reason = reason;
  }
}

/** Somebody else holds the lock. */
export class JournalLockedError extends MandateError {
  constructor(path: string, cause?: unknown) {
    super("JOURNAL_LOCKED", `another process holds ${path}`, {
      remedy: "Only one gateway may write. Stop the other one first; its lock goes with it, however it ends.",
      details: { path },
      cause,
    });
  }
}

/** The journal could not be read or written just now: disk full, no permission, I/O error. Nothing was appended. */
export class JournalUnavailableError extends MandateError {
  constructor(where: string, reason: string, cause?: unknown) {
    super("JOURNAL_UNAVAILABLE", `${where}: ${reason}`, {
      remedy: "Check that the path exists, the disk has room and the permissions are right, then try again.",
      details: { where, reason },
      cause,
    });
  }
}

/** The journal has been closed. */
export class JournalClosedError extends MandateError {
  constructor(where: string) {
    super("JOURNAL_CLOSED", `${where} is closed`, { remedy: "Open it again.", details: { where } });
  }
}
