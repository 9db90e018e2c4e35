import { signL1Action } from "@nktkas/hyperliquid/signing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { clientsOf, exchangeAs, limit, quote } from "./support.ts";

let paper: PaperExchange;
beforeAll(async () => {
  paper = await startPaperExchange({ seed: "signatures", accounts: 3, usdc: 10_000 });
});
afterAll(async () => {
  await paper?.stop();
});

async function post(body: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${paper.http}/exchange`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

test("a signature for mainnet belongs to a wallet that nobody has", async () => {
  const account = paper.accounts[0];
  if (account === undefined) throw new Error("no account");
  const mainnet = exchangeAs(paper, account.private_key, { isTestnet: false });
  await expect(mainnet.scheduleCancel()).rejects.toThrow(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/);
  await expect(mainnet.usdSend({ destination: account.address, amount: "1" })).rejects.toThrow("Testnet");
});

test("an action that was sent is not taken again, nor with another word in it", async () => {
  const { wallet } = clientsOf(paper);
  const action = { type: "noop" };
  const nonce = Date.now();
  const signature = await signL1Action({ wallet, action, nonce, isTestnet: true });
  expect(await post({ action, nonce, signature })).toEqual({
    status: 200,
    body: { status: "ok", response: { type: "default" } },
  });
  expect((await post({ action, nonce, signature })).body).toEqual({
    status: "err",
    response: `Invalid nonce: duplicate nonce ${nonce}`,
  });
  const other = await post({ action, nonce: nonce + 1, signature });
  expect(other.body).toMatchObject({ status: "err", response: expect.stringContaining("does not exist") });
});

test("an action that has expired does nothing", async () => {
  const { exchange } = clientsOf(paper);
  await expect(exchange.updateLeverage({ asset: 0, isCross: true, leverage: 2 }, { expiresAfter: 1 })).rejects.toThrow("expired");
});

test("what is not of the venue's form is answered as the venue does", async () => {
  for (const body of [{}, [], 1, { action: { type: "order" } }, { action: { type: "__proto__" }, nonce: 1 }]) {
    expect(await post(body), JSON.stringify(body)).toMatchObject({ status: 422, body: expect.stringContaining("deserialize") });
  }
  const broken = await fetch(`${paper.http}/exchange`, { method: "POST", body: "{" });
  expect(broken.status).toBe(422);
  expect((await fetch(`${paper.http}/other`, { method: "POST" })).status).toBe(404);
  expect((await fetch(`${paper.http}/info`)).status).toBe(405);
});

test("the keys of an order in another order are another hash", async () => {
  const clients = clientsOf(paper, { n: 1 });
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc") };
  const signed = { type: "order", orders: [order], grouping: "na" };
  const nonce = Date.now();
  const signature = await signL1Action({ wallet: clients.wallet, action: signed, nonce, isTestnet: true });
  const turned = { type: "order", grouping: "na", orders: [order] };
  expect((await post({ action: turned, nonce, signature })).body).toMatchObject({
    response: expect.stringContaining("does not exist"),
  });
  expect((await post({ action: signed, nonce, signature })).body).toMatchObject({ status: "ok" });
});
