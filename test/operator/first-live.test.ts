import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { openWithoutJournal } from "../../src/cli/operator/open-without-journal.ts";
import { HOUR, MINUTE } from "../../src/core/clock.ts";
import type { Json } from "../../src/core/json.ts";
import { type OpenWalletParameters, openWallet } from "../../src/gateway/open-wallet.ts";
import { orderFirstLive } from "../../src/gateway/operator/first-live.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { signOrder } from "../../src/gateway/operator/orders.ts";
import { walletId } from "../../src/gateway/wallet-id.ts";
import type { Entry } from "../../src/journal/journal.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { collect } from "../../src/journal/testing/collect.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { operatorNamed } from "../support/first-live.ts";
import { mandateOf, START_FUNDS } from "../support/house.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { STRANGER } from "../support/standing.ts";

const KEY = operatorNamed("the operator");
const OTHER = operatorNamed("somebody else");

let world: EvmWorld;
let now: number;
let folder: string;
beforeAll(async () => {
  world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  now = await world.clock.now();
  folder = mkdtempSync(join(tmpdir(), "mandate-first-live-"));
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

/** A network that is no world by its book, with limits that are finite as real money's are. */
function live(limits: Readonly<Record<string, unknown>> = {}) {
  const chain = { ...EVM_BOOK.chains.base, rpc: world.url, block_seconds: 1, confirmations: 1 };
  const { terms } = mandateOf({ ...SHIPPED_LIMITS, ...limits }, { wallet: REHEARSAL_WALLET, chains: { base: chain } });
  return { terms, first: { wallet: walletId(terms), terms: termsHash(terms) } };
}

function open(name: string, more: Partial<OpenWalletParameters> = {}) {
  return openWallet({
    home: join(folder, name),
    terms: live().terms,
    signer: privateKeyToAccount(REHEARSAL_KEY),
    keyFile: join(folder, `${name}.key.json`),
    clock: world.clock,
    endpoints: { base: world.url },
    onMirrorFailure: (failure) => {
      throw failure;
    },
    ...more,
  });
}

async function entriesOf(name: string): Promise<readonly Entry[]> {
  const reader = await openJournalReader(join(folder, name, "journal.sqlite"));
  try {
    return await collect(reader.read(walletId(live().terms)));
  } finally {
    await reader.close();
  }
}

const hello = { wallet: `wallet:${REHEARSAL_WALLET}`, journal: "0".repeat(64), number: 1, operator: KEY.publicKey } as const;

test.each([
  ["no operator", "FIRST_LIVE_NEEDS_OPERATOR", "none is named", () => ({})],
  [
    "an order without a key to hold it against",
    "FIRST_LIVE_NEEDS_OPERATOR",
    "none is named",
    () => ({ goLive: orderFirstLive(KEY, live().first, now) }),
  ],
  ["no order", "FIRST_LIVE_NOT_ORDERED", "not ordered", () => ({ operatorKey: KEY.publicKey })],
  [
    "another's signature",
    "FIRST_LIVE_PROOF_INVALID",
    "not signed",
    () => ({ operatorKey: KEY.publicKey, goLive: orderFirstLive(OTHER, live().first, now) }),
  ],
  [
    "an order for wider terms",
    "FIRST_LIVE_PROOF_INVALID",
    "for other terms",
    () => {
      const { first } = live({ max_single_trade_usd: 501 });
      return { operatorKey: KEY.publicKey, goLive: orderFirstLive(KEY, first, now) };
    },
  ],
  [
    "the order for another wallet",
    "FIRST_LIVE_PROOF_INVALID",
    `for wallet:${STRANGER}`,
    () => {
      const first = { ...live().first, wallet: `wallet:${STRANGER}` };
      return { operatorKey: KEY.publicKey, goLive: orderFirstLive(KEY, first, now) };
    },
  ],
  [
    "an order of an hour ago",
    "FIRST_LIVE_PROOF_INVALID",
    "its time is over",
    () => ({ operatorKey: KEY.publicKey, goLive: orderFirstLive(KEY, live().first, now - HOUR + MINUTE) }),
  ],
  [
    "an order from the future",
    "FIRST_LIVE_PROOF_INVALID",
    "too far ahead",
    () => ({ operatorKey: KEY.publicKey, goLive: orderFirstLive(KEY, live().first, now + 2 * MINUTE) }),
  ],
  [
    "an order of another kind",
    "FIRST_LIVE_PROOF_INVALID",
    "no order to go live",
    () => ({ operatorKey: KEY.publicKey, goLive: signOrder(KEY, { ...hello, now }, "Freeze", { why: "a look" }) }),
  ],
])("with %s a first start with real money is refused (%s), and nothing is pinned", async (name, code, why, given) => {
  const home = name.replaceAll(/\W/g, "-");
  await expect(open(home, given())).rejects.toMatchObject({
    code,
    message: expect.stringContaining(why),
    remedy: expect.any(String),
  });
  expect(await entriesOf(home)).toEqual([]);
});

test("with the operator's order it starts, the order is in the journal with the terms, and later starts need nothing", async () => {
  const order = orderFirstLive(KEY, live().first, now);
  const opened = await open("ordered", { operatorKey: KEY.publicKey, goLive: order });
  expect(opened.stream.state).toMatchObject({ operator: KEY.publicKey, orders: 0 });
  await opened.close();
  const again = await open("ordered");
  expect(again.desk).not.toBeNull();
  await again.close();
  const entries = await entriesOf("ordered");
  expect(entries.map(({ kind }) => kind)).toEqual(["pinned", "operator", "started"]);
  expect(entries[1]?.body).toMatchObject({ key: KEY.publicKey, go_live: order });
});

test("verify finds a first live start that nobody ordered, that another ordered, and one that was ordered for other terms", async () => {
  const entries = await entriesOf("ordered");
  const [stream, other] = [walletId(live().terms), orderFirstLive(OTHER, live().first, now)];
  const wider = orderFirstLive(KEY, live({ max_single_trade_usd: 501 }).first, now);
  const checked = async (drafts: readonly { readonly kind: string; readonly body: Json }[]) => {
    const journal = new MemoryJournal();
    await journal.commit([{ stream, after: 0, entries: drafts }], entries[0]?.at ?? 0);
    return (await checkStream(journal, stream)).first_bad;
  };
  const operator = (go_live: object | undefined) =>
    entries.map(({ kind, body }) => {
      if (kind !== "operator") return { kind, body };
      const { go_live: _, ...key } = body as Record<string, Json>;
      return { kind, body: (go_live === undefined ? key : { ...key, go_live }) as Json };
    });
  expect(await checked(entries)).toBeNull();
  expect(await checked(operator(undefined))).toMatchObject({ seq: 2, reason: expect.stringContaining("no operator ordered") });
  expect(await checked(operator(other))).toMatchObject({ seq: 2, reason: expect.stringContaining("not signed") });
  expect(await checked(operator(wider))).toMatchObject({ seq: 2, reason: expect.stringContaining("other terms") });
  const without = entries.filter(({ kind }) => kind !== "operator");
  expect(await checked(without)).toMatchObject({ seq: 2, reason: expect.stringContaining("no operator ordered") });
  expect(await checked(entries.slice(0, 1))).toMatchObject({ seq: 1, reason: expect.stringContaining("no operator ordered") });
  const twice = [...entries, entries[1]].flatMap((entry) => (entry ? [entry] : []));
  expect(await checked(twice)).toMatchObject({ seq: 4, reason: expect.stringContaining("not again") });
});

test("the way home without a journal, which begins another, is ordered by the key that asks for it", async () => {
  const opened = await openWithoutJournal({
    lost: join(folder, "ordered"),
    home: join(folder, "anew"),
    terms: live().terms,
    scopeFromFile: false,
    key: KEY,
    signer: privateKeyToAccount(REHEARSAL_KEY),
    keyFile: join(folder, "anew.key.json"),
    clock: world.clock,
    endpoints: { base: world.url },
  });
  await opened.close();
  const [, second, ...more] = await entriesOf("anew");
  expect(second?.body).toMatchObject({ key: KEY.publicKey, go_live: { signature: expect.any(String) } });
  expect(more.map(({ kind }) => kind)).toContain("stopped");
});

test("a rehearsal needs no order, and cannot be amended into real money", async () => {
  const { terms } = mandateOf(SHIPPED_LIMITS);
  const opened = await open("rehearsal", { terms });
  expect(opened.desk).toBeNull();
  await opened.close();
  const governed = await open("rehearsal", { terms, operatorKey: KEY.publicKey });
  try {
    if (!governed.desk) return expect.unreachable("an operator is named");
    const order = operatorAt(governed.desk, KEY).amend(termsHash(terms), termsToJson(live().terms));
    await expect(order).rejects.toMatchObject({ code: "TERMS_NOT_AMENDABLE", message: expect.stringContaining("real money") });
  } finally {
    await governed.close();
  }
});
