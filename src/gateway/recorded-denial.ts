import { InvariantError } from "../core/errors.ts";
import type { JudgedBody } from "../journal/entries.ts";
import type { Seq } from "../journal/journal.ts";
import { dereference } from "../journal/reference.ts";
import type { Verdict } from "../mandate/verdict.ts";
import type { WalletStream } from "./wallet-stream.ts";
import { verdictWire } from "./wire.ts";

/** The denial that an entry records: asking again is answered with it, and nothing is judged anew. */
export async function recordedDenial({ journal, stream }: WalletStream, seq: Seq): Promise<Extract<Verdict, { kind: "deny" }>> {
  for await (const { body } of journal.read(stream, seq - 1)) {
    const { facts } = body as unknown as JudgedBody;
    const { verdict } = (await dereference(journal, facts)) as { readonly verdict: unknown };
    const recorded = verdictWire.parse(verdict);
    if (recorded.kind === "deny") return recorded;
    break;
  }
  throw new InvariantError(`entry ${seq} records no denial`);
}
