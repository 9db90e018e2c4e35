import type { Json } from "../../core/json.ts";
import { MissingBodyError } from "../../journal/journal.ts";
import type { PermitState } from "../../journal/permits.ts";
import { dereference } from "../../journal/reference.ts";
import type { WalletStream } from "../wallet-stream.ts";

const LONGEST = 200;
/** Whatever moves a cursor, changes the direction of writing or cannot be seen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/**
 * The last reason that the agent noted in the cycle that asked, before it asked: its own words, so cut at 200 characters
 * and without anything that a terminal acts on. Null: it gave none.
 */
export async function agentSays({ journal, stream }: WalletStream, { lease, asked }: PermitState): Promise<string | null> {
  let said: string | null = null;
  for await (const { kind, body } of journal.read(stream, lease)) {
    if (kind === "asked" && at(body, "permit") === asked.permit) break;
    if (kind !== "noted") continue;
    const note = at(body, "note");
    if (at(note, "kind") !== "decided") continue;
    const why = at(at(await whole(journal, note), "decision"), "why");
    if (typeof why === "string") said = why;
  }
  if (said === null) return null;
  const plain = [...said.replace(UNPRINTABLE, " ").trim()];
  return plain.length <= LONGEST ? plain.join("") : `${plain.slice(0, LONGEST - 1).join("")}…`;
}

/** A long note stands beside the log under its hash. */
async function whole(journal: WalletStream["journal"], note: Json | undefined): Promise<Json | undefined> {
  const stored = at(note, "body");
  if (stored === undefined) return note;
  try {
    return await dereference(journal, stored);
  } catch (error) {
    if (error instanceof MissingBodyError) return undefined;
    throw error;
  }
}

function at(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, Json>>)[key];
}
