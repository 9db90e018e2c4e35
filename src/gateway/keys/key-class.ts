import { z } from "zod";

/** What a key may be loaded for: a world's play money, or a real network. */
export type KeyClass = "rehearsal" | "live";

const marked = z.object({ mandate: z.object({ class: z.enum(["rehearsal", "live"]) }) });

/**
 * The class that a keystore is bound to, from its JSON. One without our mark, as cast and geth write it, may be
 * anybody's money: live.
 */
export function keyClassOf(keystore: unknown): KeyClass {
  const read = marked.safeParse(keystore);
  return read.success ? read.data.mandate.class : "live";
}
