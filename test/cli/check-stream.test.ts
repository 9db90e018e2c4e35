import { afterAll, beforeAll, expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { walletStreams } from "../../src/cli/journal/wallet-streams.ts";
import type { Json } from "../../src/core/json.ts";
import type { Entry } from "../../src/journal/journal.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import { bodyReferences } from "../../src/journal/reference.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { collect } from "../../src/journal/testing/collect.ts";
import { type Journaled, journaled } from "./support/journaled.ts";

type Body = { readonly [key: string]: Json };

let made: Journaled;
let stream = "";
let entries: readonly Entry[];
const bodies = new Map<string, Uint8Array>();

beforeAll(async () => {
  made = await journaled();
  const reader = await openJournalReader(`${made.home}/journal.sqlite`);
  stream = (await walletStreams(reader))[0] ?? "";
  entries = await collect(reader.read(stream));
  for (const { body } of entries) for (const { $body } of bodyReferences(body)) bodies.set($body, await reader.get($body));
  await reader.close();
});
afterAll(async () => {
  await made[Symbol.asyncDispose]();
});

/** The journal as somebody would rewrite it who makes every hash anew: no chain can tell. */
async function rewritten(change: (entry: Entry) => readonly { readonly kind: string; readonly body: Json }[], withBodies = true) {
  const journal = new MemoryJournal();
  if (withBodies) for (const body of bodies.values()) await journal.put(body);
  let after = 0;
  for (const entry of entries) {
    const drafts = change(entry);
    await journal.commit([{ stream, after, entries: drafts }], entry.at);
    after += drafts.length;
  }
  return checkStream(journal, stream);
}

function edit(kind: string, change: (body: Body) => Body) {
  return (entry: Entry) => [{ kind: entry.kind, body: entry.kind === kind ? change(entry.body as Body) : entry.body }];
}

const seqOf = (kind: string) => entries.find((entry) => entry.kind === kind)?.seq;

test("a journal as the gateway wrote it holds", async () => {
  expect(await rewritten((entry) => [entry])).toMatchObject({ ok: true, first_bad: null, verdicts: { judged_again: 2 } });
});

test("without stored bodies the rest is still checked, and that is said", async () => {
  const check = await rewritten((entry) => [entry], false);
  expect(check.ok).toBe(true);
  expect(check.verdicts.judged_again + check.verdicts.without_facts).toBe(2);
  expect(check.verdicts.without_facts).toBeGreaterThan(0);
});

test.each([
  [
    "a verdict turned into its opposite",
    "judged",
    (body: Body) => ({ ...body, verdict: body.verdict === "deny" ? "allow" : "deny" }),
    /not that of its facts/,
  ],
  ["a request reserved under another key", "reserved", (body: Body) => ({ ...body, key: "f".repeat(64) }), /without a verdict/],
  ["a cycle skipped", "opened", (body: Body) => ({ ...body, cycle: Number(body.cycle) + 1 }), /does not follow/],
  [
    "pinned terms altered",
    "pinned",
    (body: Body) => ({ ...body, terms: { ...(body.terms as Body), id: "another" } }),
    /not those of their hash/,
  ],
  ["a nonce skipped", "pinned", (body: Body) => ({ ...body, nonces: { base: 5 } }), /nonce 0 on base was not the next/],
  [
    "a settlement of somebody else's transaction",
    "settled",
    (body: Body) => ({ ...body, transactions: [{ hash: "0x01", status: "success", block: 1 }] }),
    /was not signed/,
  ],
  [
    "a loss made small after the fact",
    "settled",
    (body: Body) => ({ ...body, actual: { ...(body.actual as Body), gas_usd: "0" } }),
    /budgets/,
  ],
  ["money that went without a word", "settled", (body: Body) => ({ ...body, deltas: [] }), /nothing was stopped/],
  [
    "an amount that is no number",
    "reserved",
    (body: Body) => ({ ...body, at_worst: { ...(body.at_worst as Body), loss_usd: "lots" } }),
    /decimal/,
  ],
] as const)("%s is found, though every hash is right", async (_, kind, change, reason) => {
  const { ok, first_bad } = await rewritten(edit(kind, change as (body: Body) => Body));
  expect(ok).toBe(false);
  expect(first_bad?.reason).toMatch(reason);
  expect(first_bad?.seq).toBeGreaterThanOrEqual(seqOf(kind) ?? 0);
});

test("a refusal that was taken out is found where it was counted on", async () => {
  const { first_bad } = await rewritten((entry) => (entry.kind === "judged" ? [] : [entry]));
  expect(first_bad).toMatchObject({ seq: seqOf("judged") ?? 0, reason: expect.stringContaining("without a verdict") });
});

test("an entry of a kind that nobody knows is found", async () => {
  const { first_bad } = await rewritten((entry) => [entry, ...(entry.kind === "settled" ? [{ kind: "granted", body: {} }] : [])]);
  expect(first_bad).toMatchObject({ reason: expect.stringContaining("granted") });
});
