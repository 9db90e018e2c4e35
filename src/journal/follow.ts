import { type Clock, SECOND } from "../core/clock.ts";
import type { Entry, JournalReader, Seq, Stream } from "./journal.ts";

export interface FollowOptions {
  /** Start after this entry; 0 unless told. */
  readonly after?: Seq;
  /** Whose time the pauses between looks are: a watcher in another process uses the machine's. */
  readonly clock: Clock;
  /** Milliseconds between two looks; 200 unless told. */
  readonly every?: number;
  /** Ends the iteration. Without one it never ends. */
  readonly signal?: AbortSignal;
}

/** The entries of a stream, those that stand and then those that come, until `signal` aborts. */
export async function* follow(
  journal: Pick<JournalReader, "read">,
  stream: Stream,
  { after = 0, clock, every = SECOND / 5, signal }: FollowOptions,
): AsyncGenerator<Entry> {
  let seen = after;
  while (!signal?.aborted) {
    for await (const entry of journal.read(stream, seen)) {
      seen = entry.seq;
      yield entry;
      if (signal?.aborted) return;
    }
    await clock.sleep((await clock.now()) + every, signal);
  }
}
