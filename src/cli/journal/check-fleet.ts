import { canonicalJson } from "../../core/json.ts";
import { fleetEntries } from "../../gateway/fleet-stream.ts";
import type { WalletEntry } from "../../journal/entries.ts";
import { fleetStream } from "../../journal/fold-fleet.ts";
import { applyEntry, emptyWallet } from "../../journal/fold-wallet.ts";
import type { JournalReader, Seq, Stream } from "../../journal/journal.ts";
import { termsFromJson } from "../../mandate/terms-json.ts";
import { pick } from "./pick.ts";

/** What came of holding a fleet's stream against those of its wallets. */
export interface FleetCheck {
  readonly stream: Stream;
  readonly ok: boolean;
  readonly entries: number;
  readonly first_bad: { readonly seq: Seq; readonly reason: string } | null;
}

/**
 * Holds every entry of a shared budget against the wallet's entry that it was committed with, both ways: what a wallet
 * took or gave back and the fleet does not say, and what the fleet says and no wallet did.
 *
 * @throws {JournalCorruptError}
 */
export async function checkFleet(journal: Pick<JournalReader, "read" | "streams">, stream: Stream): Promise<FleetCheck> {
  const wallets = (await journal.streams()).filter((one) => one.startsWith("wallet:"));
  const left = new Map<Stream, string[]>();
  for (const wallet of wallets) left.set(wallet, await partsOf(journal, wallet, stream));
  let entries = 0;
  for await (const { seq, kind, body } of journal.read(stream)) {
    entries += 1;
    const wallet = pick(body, "wallet");
    const expected = typeof wallet === "string" ? left.get(wallet)?.shift() : undefined;
    if (expected === canonicalJson({ kind, body })) continue;
    const reason = `no wallet's entry says what it says of ${String(wallet)}`;
    return { stream, ok: false, entries, first_bad: { seq, reason } };
  }
  const missing = [...left].find(([, parts]) => parts.length > 0);
  const first_bad = missing ? { seq: entries + 1, reason: `${missing[0]} took or gave back what it does not say` } : null;
  return { stream, ok: first_bad === null, entries, first_bad };
}

/** What a wallet's stream says that a fleet's must, in order. */
async function partsOf(journal: Pick<JournalReader, "read">, wallet: Stream, stream: Stream): Promise<string[]> {
  const parts: string[] = [];
  let state = emptyWallet;
  for await (const raw of journal.read(wallet)) {
    const fleet = state.pinned ? termsFromJson(state.pinned.terms).fleet : undefined;
    if (fleet && fleetStream(fleet.id) === stream) {
      const entry = { kind: raw.kind, body: raw.body } as unknown as WalletEntry;
      parts.push(...fleetEntries(wallet, state, [entry]).map((part) => canonicalJson(part)));
    }
    state = applyEntry(state, raw);
  }
  return parts;
}
