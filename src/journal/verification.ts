import type { Hash } from "../core/hex.ts";
import type { Head, Seq, Stream } from "./journal.ts";

/** What came of checking a whole journal. */
export interface Verification {
  /** Every entry holds and the mirror agrees. Missing bodies do not change it. */
  readonly ok: boolean;
  /** Sorted. Of a stream with a bad entry: what holds before it. */
  readonly streams: readonly { readonly stream: Stream; readonly entries: number; readonly head: Head }[];
  /** References whose body is gone or is not what its hash says, in the order of the entries. */
  readonly missingBodies: readonly MissingBody[];
  readonly mirror: MirrorState;
  /**
   * The first entry that does not hold, by stream and number. `stream` is "" and `seq` 0 when the file is damaged
   * where no entry can be named.
   */
  readonly firstBad?: { readonly stream: Stream; readonly seq: Seq; readonly reason: string };
}

export interface MissingBody {
  readonly stream: Stream;
  readonly seq: Seq;
  readonly hash: Hash;
  readonly reason: "missing" | "altered";
}

/**
 * `agrees`: each head in it is in its chain (it may lag). `disagrees`: some head is not. `absent`: there is no such
 * file, so a cut tail would go unseen. `not asked`: no mirror was named.
 */
export type MirrorState = "agrees" | "disagrees" | "absent" | "not asked";
