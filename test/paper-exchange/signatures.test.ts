import { ExchangeClient } from "@nktkas/hyperliquid";
import { signL1Action } from "@nktkas/hyperliquid/signing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lower } from "../../src/core/hex.ts";
import { accountAction, userSignedAction } from "../../src/protocols/hyperliquid/account-actions.ts";
import { tradingAction } from "../../src/protocols/hyperliquid/actions.ts";
import { recoverSigner } from "../../src/protocols/hyperliquid/recover-signer.ts";
import { l1TypedData, userSignedTypedData } from "../../src/protocols/hyperliquid/typed-data.ts";
import { readAction } from "../../src/worlds/paper-exchange/server/read-action.ts";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { clientsOf, exchangeAs, generatePrivateKey, limit, privateKeyToAccount, quote } from "./support.ts";

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

test("of every action that is read, the SDK's signature belongs to its signer", async () => {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const sent: unknown[] = [];
  // A wire that keeps what it is given.
  const transport = {
    isTestnet: true,
    request: async <T>(_: string, body: unknown): Promise<T> => {
      sent.push(structuredClone(body));
      return { status: "ok", response: { type: "default", data: { statuses: [] } } } as T;
    },
  };
  const sdk = new ExchangeClient({ transport, wallet });
  const [somebody, cloid] = [`0x${"5a".repeat(20)}`, `0xf${"1".repeat(31)}`] as const;
  const order = { a: 0, b: true, p: "30000", s: "0.1", r: false, t: limit("Gtc"), c: cloid };
  const stop = { ...order, r: true, t: { trigger: { isMarket: true, triggerPx: "29000", tpsl: "sl" as const } } };
  const [destination, amount, token] = [somebody, "1.5", "USDC:0x6d1e7cde53ba9467b783cb7c530ce054"];
  await sdk.order({ orders: [order, stop], grouping: "normalTpsl" }, { vaultAddress: somebody, expiresAfter: 1_900_000_000_000 });
  await sdk.cancel({ cancels: [{ a: 0, o: 7 }] });
  await sdk.cancelByCloid({ cancels: [{ asset: 0, cloid }] });
  await sdk.modify({ oid: cloid, order });
  await sdk.batchModify({ modifies: [{ oid: 7, order }] });
  await sdk.updateLeverage({ asset: 0, isCross: true, leverage: 3 });
  await sdk.updateIsolatedMargin({ asset: 0, isBuy: true, ntli: -1_000_000 });
  await sdk.scheduleCancel({ time: 1_900_000_000_000 });
  await sdk.noop({ nonce: 1_900_000_000_000 });
  await sdk.createSubAccount({ name: "desk" });
  await sdk.subAccountTransfer({ subAccountUser: somebody, isDeposit: true, usd: 1_000_000 });
  await sdk.subAccountSpotTransfer({ subAccountUser: somebody, isDeposit: false, token, amount });
  await sdk.createVault({ name: "a vault", description: "a vault for a test", initialUsd: 100_000_000 });
  await sdk.vaultTransfer({ vaultAddress: somebody, isDeposit: true, usd: 5_000_000 });
  await sdk.usdClassTransfer({ amount, toPerp: true });
  await sdk.approveAgent({ agentAddress: somebody, agentName: "desk valid_until 1900000000000" });
  await sdk.usdSend({ destination, amount });
  await sdk.spotSend({ destination, token, amount });
  await sdk.withdraw3({ destination, amount });
  await sdk.sendAsset({ destination, sourceDex: "", destinationDex: "spot", token, amount });
  const types: string[] = [];
  for (const body of sent) {
    const read = readAction(body);
    if (read === null) throw new Error(`not read: ${JSON.stringify(body)}`);
    const { action, received, ...envelope } = read;
    const signed =
      action.kind === "user-signed"
        ? userSignedTypedData(action.value)
        : l1TypedData({ ...envelope, action: received }, "testnet");
    expect(await recoverSigner(signed, read.signature), action.value.type).toBe(lower(wallet.address));
    types.push(action.value.type);
  }
  const known = [tradingAction, accountAction, userSignedAction].flatMap(({ options }) =>
    options.map(({ shape }) => shape.type.value),
  );
  expect(types.toSorted()).toEqual(known.toSorted());
});
