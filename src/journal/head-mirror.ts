import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { isName } from "./chain.ts";
import { type Head, JournalUnavailableError, type Stream } from "./journal.ts";

/** Every stream's head, kept outside the journal's file: a hash chain cannot see that its tail was cut off. */
export interface HeadMirror {
  /** Writes heads that have moved. Never throws: the entries are durable, and a mirror may lag. */
  record(moved: ReadonlyMap<Stream, Head>): void;
  close(): void;
}

export interface HeadMirrorOptions {
  /** The heads to start with: those of the journal as it was verified. */
  readonly heads: ReadonlyMap<Stream, Head>;
  /** Hears of each failed write. What it missed is written with the next commit. */
  readonly onFailure: (failure: JournalUnavailableError) => void;
  /** The file is written anew once it is longer than this: 1 MiB unless told. */
  readonly compactAtBytes?: number;
}

const COMPACT_AT_BYTES = 1_048_576;
const LINE = /^(\d{1,15}) (".+") ([0-9a-f]{64})$/;

/**
 * Opens the mirror at `path`, another place than the journal's, and writes it anew from `heads`.
 *
 * A line is `seq "stream" hash`, after a line break and the hash last: one that was cut short by a crash reads as
 * no line at all, whatever is written behind it. Appends are not synced, so a mirror lags and never leads.
 *
 * @throws {JournalUnavailableError} when it cannot be written now.
 */
export function openHeadMirror(
  path: string,
  { heads, onFailure, compactAtBytes = COMPACT_AT_BYTES }: HeadMirrorOptions,
): HeadMirror {
  const current = new Map(heads);
  const unwritten = new Map<Stream, Head>();
  let file = rewrite(path, current);
  return {
    record(moved) {
      for (const [stream, { seq, hash }] of moved) {
        current.set(stream, { seq, hash });
        unwritten.set(stream, { seq, hash });
      }
      try {
        file.bytes += append(file.descriptor, unwritten);
        unwritten.clear();
        if (file.bytes <= compactAtBytes) return;
        const fresh = rewrite(path, current);
        closeSync(file.descriptor);
        // A mirror of very many streams is long even when new: never write it anew twice for the same heads.
        file = { ...fresh, bytes: Math.min(fresh.bytes, compactAtBytes / 2) };
      } catch (error) {
        onFailure(new JournalUnavailableError(path, "the mirror of the heads cannot be written", error));
      }
    },
    close: () => closeSync(file.descriptor),
  };
}

export interface MirrorReading {
  /** The furthest head of each stream. */
  readonly heads: ReadonlyMap<Stream, Head>;
  /** Lines that say nothing: what a crash cut short. */
  readonly unreadable: number;
}

/**
 * What a mirror says; undefined when there is none.
 *
 * @throws {JournalUnavailableError}
 */
export function readHeadMirror(path: string): MirrorReading | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const heads = new Map<Stream, Head>();
  let unreadable = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const parsed = parseLine(line);
    if (!parsed) unreadable += 1;
    else if (parsed.head.seq >= (heads.get(parsed.stream)?.seq ?? 0)) heads.set(parsed.stream, parsed.head);
  }
  return { heads, unreadable };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new JournalUnavailableError(path, "the mirror of the heads cannot be read", error);
  }
}

function parseLine(line: string): { stream: Stream; head: Head } | undefined {
  const [, seq, quoted, hash] = LINE.exec(line) ?? [];
  if (seq === undefined || quoted === undefined || hash === undefined) return undefined;
  try {
    const stream: unknown = JSON.parse(quoted);
    return typeof stream === "string" && isName(stream) ? { stream, head: { seq: Number(seq), hash } } : undefined;
  } catch {
    return undefined;
  }
}

function append(descriptor: number, heads: ReadonlyMap<Stream, Head>): number {
  const lines = [...heads].map(([stream, { seq, hash }]) => `\n${seq} ${JSON.stringify(stream)} ${hash}`);
  const bytes = Buffer.from(lines.join(""));
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  return bytes.length;
}

function rewrite(path: string, heads: ReadonlyMap<Stream, Head>): { descriptor: number; bytes: number } {
  const next = `${path}.next`;
  let descriptor: number | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    descriptor = openSync(next, "w");
    const bytes = append(descriptor, heads);
    fsyncSync(descriptor);
    renameSync(next, path);
    return { descriptor, bytes };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw new JournalUnavailableError(path, "the mirror of the heads cannot be written", error);
  }
}
