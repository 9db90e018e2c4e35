import { cpSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { SCHEMA } from "../../src/journal/sqlite/schema.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { byHand } from "../support/by-hand.ts";
import { type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { nonceOf, signedKept, standingOf } from "../support/standing.ts";

async function sale(house: House) {
  return swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "298", now: await house.world.clock.now() });
}

/** Changes the journal's file as somebody who may write it would, past its triggers. */
function tamper(home: string, work: (db: Database.Database) => void): void {
  const db = new Database(join(home, "journal.sqlite"));
  const triggers = SCHEMA.filter((sql) => sql.startsWith("CREATE TRIGGER"));
  for (const sql of triggers) db.exec(`DROP TRIGGER ${sql.split(" ")[2]}`);
  work(db);
  for (const sql of triggers) db.exec(sql);
  db.close();
}

test("a second gateway on the same key file does not start", async () => {
  await using house = await openHouse();
  await expect(openHouse({ world: house.world, keyFile: join(house.home, "key.json") })).rejects.toMatchObject({
    code: "JOURNAL_LOCKED",
  });
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("a second gateway on the same journal does not start, wherever its key lies", async () => {
  await using house = await openHouse();
  const keyFile = join(house.home, "other-key.json");
  await expect(openHouse({ world: house.world, home: house.home, keyFile })).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
});

test("a gateway on a restored copy of the journal stops before its first signature once the other has signed", async () => {
  await using house = await openHouse();
  await house.act(await sale(house));
  await house.opened.close();
  const home = `${house.home}-copy`;
  cpSync(house.home, home, { recursive: true });
  await house.restart();
  await using second = await openHouse({ world: house.world, home });
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
  const nonce = await nonceOf(house.world);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(second.act(await sale(second))).rejects.toMatchObject({ code: "STOPPED", details: { stop: "NONCE_MISMATCH" } });
    await second.restart();
  }
  expect(signedKept(home)).toBe(0);
  expect(await nonceOf(house.world)).toBe(nonce);
  expect((await second.opened.gateway.state(second.opened.wallet)).stopped).not.toBeNull();
  expect(await standingOf(second)).toMatchObject({ journalHolds: true });
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("two gateways with journals of their own: whoever signs second does not sign", async () => {
  await using world = await startDisposableWorld();
  await using one = await openHouse({ world: world.world });
  await using other = await openHouse({ world: world.world });
  expect((await other.act(await sale(other)))[0]?.kind).toBe("confirmed");
  await expect(one.act(await sale(one))).rejects.toMatchObject({ code: "STOPPED" });
  expect(signedKept(one.home)).toBe(0);
  expect(await nonceOf(world.world)).toBe(2);
});

async function startDisposableWorld() {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  return { world, [Symbol.asyncDispose]: () => world.stop() };
}

test("a transaction placed by hand stops the gateway before its next signature, in the middle of a cycle too", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  await byHand(house.world);
  const nonce = await nonceOf(house.world);
  const request = { wallet, lease, cycle, step: 1, actions: await sale(house) };
  await expect(gateway.request(request)).rejects.toMatchObject({ code: "STOPPED" });
  await expect(gateway.preview(request)).rejects.toMatchObject({ code: "STOPPED" });
  await house.restart();
  await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "STOPPED" });
  expect(await nonceOf(house.world)).toBe(nonce);
  expect(signedKept(house.home)).toBe(0);
});

test.each(["at", "body", "hash"])(
  "one byte changed in an entry's %s: the gateway does not start and names the entry",
  async (column) => {
    await using house = await openHouse();
    await house.act(await sale(house));
    await house.opened.close();
    tamper(house.home, (db) => {
      const value = column === "at" ? "at + 1" : `replace(${column}, substr(${column}, 12, 1), 'f')`;
      db.prepare(`UPDATE entries SET ${column} = ${value} WHERE seq = 4`).run();
    });
    await expect(house.restart()).rejects.toMatchObject({
      code: "JOURNAL_CORRUPT",
      entry: { seq: expect.toSatisfy((seq) => seq === 4 || seq === 5) },
    });
  },
);

test("a journal whose last entries were cut off does not start: its mirror knows more", async () => {
  await using house = await openHouse();
  await house.act(await sale(house));
  await house.opened.close();
  tamper(house.home, (db) => db.prepare("DELETE FROM entries WHERE seq > 3").run());
  await expect(house.restart()).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
});

test("a key does not start with another journal than its own: a deleted one gives no budget anew", async () => {
  await using house = await openHouse();
  await house.act(await sale(house));
  await house.opened.close();
  await expect(openHouse({ world: house.world, keyFile: house.keyFile })).rejects.toMatchObject({ code: "KEY_PINNED_ELSEWHERE" });
  await house.restart();
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("terms other than those pinned do not start: a looser limit, another address in the book", async () => {
  await using house = await openHouse({ limits: { max_single_trade_usd: 400 } });
  await house.opened.close();
  const at = { world: house.world, home: house.home };
  await expect(openHouse({ ...at, limits: { max_single_trade_usd: 401 } })).rejects.toMatchObject({ code: "TERMS_CHANGED" });
  const { base } = EVM_BOOK.chains;
  const book = {
    chains: { base: { ...base, feeds: { ...base.feeds, WETH: { ...base.feeds.WETH, address: base.feeds.GOV.address } } } },
  };
  await expect(openHouse({ ...at, limits: { max_single_trade_usd: 400 }, book })).rejects.toMatchObject({
    code: "TERMS_CHANGED",
  });
  await house.restart();
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("a chain with another id than the book's does not start", async () => {
  const world = await startEvmWorld({ seed: 1, chainId: 8453 });
  try {
    await expect(openHouse({ world })).rejects.toMatchObject({ code: "WRONG_CHAIN" });
  } finally {
    await world.stop();
  }
});
