import type { Database } from "better-sqlite3";
import { messageOf } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import { canonicalJson, type Json } from "../../core/json.ts";
import { EMPTY, faultOf, isName, type Tail } from "../chain.ts";
import type { MirrorReading } from "../head-mirror.ts";
import { MissingBodyError, type Seq, type Stream } from "../journal.ts";
import { bodyReferences } from "../reference.ts";
import type { MirrorState, MissingBody, Verification } from "../verification.ts";
import { isCorruption } from "./failure.ts";
import { prepareRows, type RawRow, type Rows } from "./rows.ts";
import { isEmpty, strangeSchema } from "./schema.ts";

interface Bad {
  readonly stream: Stream;
  readonly seq: Seq;
  readonly reason: string;
}

/**
 * Checks everything in one read transaction. No database is a journal not yet begun.
 *
 * `mirror` must have been read before, or it could lead by a commit.
 */
export function verifyDatabase(db: Database | undefined, mirror: MirrorReading | undefined, asked: boolean): Verification {
  const check = new Check();
  try {
    if (!db || isEmpty(db)) check.mirror(() => undefined, mirror);
    else db.transaction(() => check.everything(db, mirror))();
  } catch (error) {
    if (!isCorruption(error)) throw error;
    check.damaged(messageOf(error));
  }
  return check.result(mirror ? (check.mirrorDisagrees ? "disagrees" : "agrees") : asked ? "absent" : "not asked");
}

class Check {
  mirrorDisagrees = false;
  readonly #tails = new Map<Stream, Tail>();
  readonly #bad = new Map<Stream, Bad>();
  readonly #missing: MissingBody[] = [];
  readonly #bodies = new Map<Hash, MissingBody["reason"] | "there">();

  everything(db: Database, mirror: MirrorReading | undefined): void {
    const rows = prepareRows(db);
    for (const row of rows.all()) this.#entry(rows, row);
    this.mirror((stream, seq) => rows.at(stream, seq), mirror);
    const found = db.prepare<[], string>("PRAGMA integrity_check(1)").pluck().get();
    if (found !== "ok") this.damaged(found ?? "the file cannot be checked");
    const strange = strangeSchema(db);
    if (strange) this.damaged(strange);
  }

  #entry(rows: Rows, raw: RawRow): void {
    if (this.#bad.has(raw.stream)) return;
    const tail = this.#tails.get(raw.stream) ?? EMPTY;
    const read = readBody(raw.body);
    const reason =
      typeof read === "string"
        ? read
        : isName(raw.stream) && isName(raw.kind)
          ? faultOf({ ...raw, body: read.text }, tail)
          : "its stream or kind is no name";
    if (reason !== undefined) {
      this.#bad.set(raw.stream, { stream: raw.stream, seq: Math.min(raw.seq, tail.seq + 1), reason });
      return;
    }
    this.#tails.set(raw.stream, { seq: raw.seq, hash: raw.hash, at: raw.at });
    if (typeof read !== "string") this.#references(rows, raw, read.value);
  }

  #references(rows: Rows, { stream, seq }: RawRow, value: Json): void {
    for (const { $body: hash } of bodyReferences(value)) {
      const state = this.#bodies.get(hash) ?? stateOf(rows, hash);
      this.#bodies.set(hash, state);
      if (state !== "there") this.#missing.push({ stream, seq, hash, reason: state });
    }
  }

  mirror(at: Rows["at"], mirror: MirrorReading | undefined): void {
    for (const [stream, head] of mirror?.heads ?? []) {
      if (at(stream, head.seq)?.hash === head.hash) continue;
      this.mirrorDisagrees = true;
      if (this.#bad.has(stream)) continue;
      const tail = this.#tails.get(stream) ?? EMPTY;
      this.#bad.set(
        stream,
        tail.seq < head.seq
          ? { stream, seq: tail.seq + 1, reason: `the tail was cut off: the mirror knows entry ${head.seq}` }
          : { stream, seq: head.seq, reason: "the mirror has another hash for it: the stream was rewritten" },
      );
    }
  }

  damaged(reason: string): void {
    if (this.#bad.size === 0) this.#bad.set("", { stream: "", seq: 0, reason });
  }

  result(mirror: MirrorState): Verification {
    const sorted = [...this.#bad.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
    const [firstBad] = sorted;
    return {
      ok: firstBad === undefined,
      streams: [...this.#tails]
        .map(([stream, { seq, hash }]) => ({ stream, entries: seq, head: { seq, hash } }))
        .sort((a, b) => (a.stream < b.stream ? -1 : 1)),
      missingBodies: this.#missing,
      mirror,
      ...(firstBad ? { firstBad } : {}),
    };
  }
}

function stateOf(rows: Rows, hash: Hash): MissingBody["reason"] | "there" {
  try {
    rows.body(hash);
    return "there";
  } catch (error) {
    if (error instanceof MissingBodyError) return error.reason;
    throw error;
  }
}

/** The text and value of a body's bytes, or why they are not what an entry may hold. */
function readBody(bytes: Uint8Array): { readonly text: string; readonly value: Json } | string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as Json;
    return canonicalJson(value) === text ? { text, value } : "its body is not canonical JSON";
  } catch {
    return "its body is not JSON text";
  }
}
