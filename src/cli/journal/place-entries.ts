import type { Json } from "../../core/json.ts";
import { type Entry, type JournalReader, MissingBodyError } from "../../journal/journal.ts";
import { dereference, isBodyReference } from "../../journal/reference.ts";
import { pick, text } from "./pick.ts";

/** An entry, the cycle that it belongs to, and its body with what is stored beside the log put in place. */
export interface PlacedEntry {
  readonly entry: Entry;
  /** 0 before the first cycle. */
  readonly cycle: number;
  /** A note's kind; null for everything that is no note. */
  readonly note: string | null;
  readonly body: Json;
}

/** Places entries of one stream, given in order from its first. */
export function createPlacer(journal: Pick<JournalReader, "get">): (entry: Entry) => Promise<PlacedEntry> {
  let current = 0;
  const cycles = new Map<string, number>();
  return async (entry) => {
    const [own, key] = [pick(entry.body, "cycle"), text(entry.body, "key")];
    if (entry.kind === "opened" && typeof own === "number") current = own;
    const cycle = typeof own === "number" ? own : (cycles.get(key) ?? current);
    if (key !== "") cycles.set(key, cycle);
    const body = await whole(journal, entry);
    return { entry, cycle, note: entry.kind === "noted" ? text(body, "note", "kind") : null, body };
  };
}

/** A reference stands for the facts of a judgment, and for a long note beside its kind. */
async function whole(journal: Pick<JournalReader, "get">, { kind, body }: Entry): Promise<Json> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const facts = pick(body, "facts");
  if (kind === "judged" && facts !== undefined) return { ...body, facts: await resolved(journal, facts) };
  const stored = pick(body, "note", "body");
  if (kind === "noted" && stored !== undefined && isBodyReference(stored)) {
    const note = await resolved(journal, stored);
    return isBodyReference(note) ? body : { ...body, note };
  }
  return body;
}

/** A body that is gone leaves its reference standing: the entry still says which body it was. */
async function resolved(journal: Pick<JournalReader, "get">, value: Json): Promise<Json> {
  try {
    return await dereference(journal, value);
  } catch (error) {
    if (error instanceof MissingBodyError) return value;
    throw error;
  }
}
