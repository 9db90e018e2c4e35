import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { StoppedBody, WalletEntry } from "./entries.ts";
import { applyEntry, emptyWallet } from "./fold-wallet.ts";
import { type JournalReader, MissingBodyError, type Stream } from "./journal.ts";
import { decidedNote, observedNote, plannedNote, unplannedNote, unsayableNote } from "./notes.ts";
import { dereference } from "./reference.ts";

/** What an agent is trying to do, and why it does not, as its journal tells it. Money in USD, weights as shares. */
export interface Intention {
  readonly cycle: number;
  readonly at: Instant;
  /** What was decided last. Null: nothing yet. */
  readonly decided: {
    readonly cycle: number;
    readonly at: Instant;
    readonly by: string;
    readonly because: string;
    readonly kind: string;
    readonly why: string;
    readonly targets: readonly { readonly asset: string; readonly weight: Decimal; readonly now: Decimal | null }[];
  } | null;
  /** What was planned last: the first step is what was asked for next. */
  readonly plan: {
    readonly cycle: number;
    readonly line: string;
    readonly cost_usd: Decimal | null;
    readonly steps: readonly { readonly reason: string; readonly value_usd: Decimal | null; readonly cost_usd: Decimal | null }[];
    readonly skipped: readonly { readonly asset: string; readonly reason: string; readonly detail: string }[];
    readonly clipped: readonly {
      readonly asset: string;
      readonly reason: string;
      readonly wanted_usd: Decimal;
      readonly planned_usd: Decimal;
    }[];
  } | null;
  /** What of the last cycle was refused, or could not be said in bytes. */
  readonly refused: readonly {
    readonly code: string;
    readonly message: string;
    /** The largest amount of the request that would have passed, said with its last reason. */
    readonly largest?: string;
  }[];
  /** Requests of which nobody knows yet what comes of them, or whose orders rest. */
  readonly open: number;
  readonly stopped: StoppedBody | null;
}

/** What the stream's agent wants, from the journal alone. Null: the stream has no cycle yet. */
export async function readIntention(journal: Pick<JournalReader, "read" | "get">, stream: Stream): Promise<Intention | null> {
  let state = emptyWallet;
  let decided: Intention["decided"] = null;
  let plan: Intention["plan"] = null;
  let refused: Intention["refused"] = [];
  let weights: ReadonlyMap<string, Decimal | null> = new Map();
  for await (const raw of journal.read(stream)) {
    state = applyEntry(state, raw);
    const { kind, body } = raw as unknown as WalletEntry;
    if (kind === "opened") refused = [];
    if (kind === "judged" && body.verdict !== "allow") refused = [...refused, ...(await reasonsOf(journal, body))];
    if (kind !== "noted") continue;
    const note = await whole(journal, body.note);
    const place = { cycle: body.cycle, at: raw.at };
    const seen = observedNote.safeParse(note);
    if (seen.success) weights = new Map(seen.data.seen.holdings.map(({ asset, weight }) => [asset, weight] as const));
    const choice = decidedNote.safeParse(note);
    if (choice.success) {
      const { by, because, decision } = choice.data;
      const { kind: what, why = "", targets = [] } = decision;
      decided = { ...place, by, because, kind: what, why, targets: targets.map((one) => ({ ...one, now: null })) };
    }
    const made = plannedNote.safeParse(note);
    if (made.success) plan = { cycle: body.cycle, ...made.data.plan };
    const unmade = unplannedNote.safeParse(note);
    if (unmade.success) {
      const { message } = unmade.data.error;
      plan = { cycle: body.cycle, line: message, cost_usd: null, steps: [], skipped: [], clipped: [] };
    }
    const unsayable = unsayableNote.safeParse(note);
    if (unsayable.success) refused = [...refused, { code: "UNSAYABLE", message: unsayable.data.error.message }];
  }
  if (state.cycle === 0) return null;
  const now = (asset: string) => weights.get(asset) ?? null;
  return {
    cycle: state.cycle,
    at: state.at,
    decided: decided && { ...decided, targets: decided.targets.map(({ asset, weight }) => ({ asset, weight, now: now(asset) })) },
    plan,
    refused,
    open: state.open.length,
    stopped: state.stopped,
  };
}

/** Why a request was not allowed. Where the facts are missing, the codes that stand in the entry. */
async function reasonsOf(
  journal: Pick<JournalReader, "get">,
  { facts, codes }: Extract<WalletEntry, { readonly kind: "judged" }>["body"],
): Promise<Intention["refused"]> {
  const verdict = member(await whole(journal, facts), "verdict");
  const said = [member(verdict, "violations"), member(verdict, "because")].flatMap((found) =>
    Array.isArray(found) ? found : [],
  );
  const reasons = said.flatMap((one: Json) => {
    const [code, message] = [member(one, "code"), member(one, "message")];
    return typeof code === "string" && typeof message === "string" ? [{ code, message }] : [];
  });
  if (reasons.length === 0) return codes.map((code) => ({ code, message: "" }));
  const largest = member(member(verdict, "largest"), "message");
  return reasons.map((one, i) => (typeof largest === "string" && i === reasons.length - 1 ? { ...one, largest } : one));
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, Json>>)[name];
}

/** With what stands beside the log in its place, one level deep; as it is where that is missing. */
async function whole(journal: Pick<JournalReader, "get">, written: Json): Promise<Json> {
  try {
    const value = await dereference(journal, written);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const parts: Record<string, Json> = {};
    for (const [name, part] of Object.entries(value)) parts[name] = await dereference(journal, part as Json);
    return parts;
  } catch (error) {
    if (!(error instanceof MissingBodyError)) throw error;
    return written;
  }
}
