import { ExchangeClient, InfoClient, SubscriptionClient, WebSocketTransport } from "@nktkas/hyperliquid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { clientsOf, generatePrivateKey, limit, privateKeyToAccount, quote } from "./support.ts";

let paper: PaperExchange;
beforeAll(async () => {
  paper = await startPaperExchange({ seed: "socket", accounts: 6, usdc: 20_000, limits: { weightPerMinute: 100_000 } });
});
afterAll(async () => {
  await paper?.stop();
});

function overSocket(n: number) {
  const clients = clientsOf(paper, { n });
  const transport = new WebSocketTransport({ url: paper.ws, isTestnet: true });
  return {
    ...clients,
    socket: transport,
    feeds: new SubscriptionClient({ transport }),
    wsInfo: new InfoClient({ transport }),
    wsExchange: new ExchangeClient({ transport, wallet: clients.wallet }),
    [Symbol.dispose]: () => transport.close(),
  };
}

test("orders and questions go over the socket as they do over HTTP", async () => {
  using clients = overSocket(0);
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc") };
  const placed = await clients.wsExchange.order({ orders: [order], grouping: "na" });
  expect(placed.response.data.statuses).toMatchObject([{ resting: { oid: expect.any(Number) } }]);
  expect(await clients.wsInfo.openOrders({ user: clients.user })).toHaveLength(1);
  await expect(clients.wsExchange.order({ orders: [{ ...order, s: btc.worth(3) }], grouping: "na" })).rejects.toThrow("minimum");
  await expect(clients.wsExchange.cancel({ cancels: [{ a: btc.asset, o: 1 }] })).rejects.toThrow("never placed");
});

test("batches, changes, cancels, leverage, stops, transfers and API wallets go over the socket too", async () => {
  using clients = overSocket(5);
  const { user, wsInfo, wsExchange } = clients;
  const eth = await quote(clients, "ETH");
  const cloid = `0xf${"3".repeat(31)}` as const;
  const order = { a: eth.asset, b: true, p: eth.at(0.9), s: eth.worth(300), r: false, t: limit("Gtc"), c: cloid };
  const batch = wsExchange.order({ orders: [order, { ...order, s: eth.worth(3), c: undefined }], grouping: "na" });
  await expect(batch).rejects.toThrow("minimum value of $10");
  const [open] = await wsInfo.frontendOpenOrders({ user });
  expect(await wsInfo.orderStatus({ user, oid: cloid })).toMatchObject({ order: { status: "open", order: { oid: open?.oid } } });
  await wsExchange.modify({ oid: cloid, order: { ...order, p: eth.at(0.85) } });
  const [changed] = await wsInfo.openOrders({ user });
  await wsExchange.batchModify({ modifies: [{ oid: changed?.oid ?? 0, order: { ...order, p: eth.at(0.8) } }] });
  const [again] = await wsInfo.openOrders({ user });
  expect(again?.limitPx).toBe(eth.at(0.8));
  await wsExchange.cancelByCloid({ cancels: [{ asset: eth.asset, cloid }] });
  await wsExchange.updateLeverage({ asset: eth.asset, isCross: false, leverage: 3 });
  await wsExchange.order({ orders: [{ ...order, p: eth.at(1.03), t: limit("Ioc"), c: undefined }], grouping: "na" });
  await wsExchange.updateIsolatedMargin({ asset: eth.asset, isBuy: true, ntli: 10_000_000 });
  const trigger = { isMarket: true, triggerPx: eth.at(0.9), tpsl: "sl" as const };
  const stop = { ...order, b: false, r: true, p: eth.at(0.85), t: { trigger }, c: undefined };
  await wsExchange.order({ orders: [stop], grouping: "positionTpsl" });
  expect(await wsInfo.frontendOpenOrders({ user })).toMatchObject([{ isTrigger: true, reduceOnly: true }]);
  const [stopped] = await wsInfo.openOrders({ user });
  await wsExchange.cancel({ cancels: [{ a: eth.asset, o: stopped?.oid ?? 0 }] });
  expect(await wsInfo.openOrders({ user })).toEqual([]);
  await wsExchange.usdClassTransfer({ amount: "100", toPerp: false });
  expect((await wsInfo.spotClearinghouseState({ user })).balances).toMatchObject([{ coin: "USDC", total: "100" }]);
  const agent = privateKeyToAccount(generatePrivateKey());
  await wsExchange.approveAgent({ agentAddress: agent.address, agentName: "desk" });
  const byAgent = new ExchangeClient({ transport: clients.socket, wallet: agent });
  await byAgent.order({ orders: [{ ...order, c: undefined }], grouping: "na" });
  expect(await wsInfo.openOrders({ user })).toHaveLength(1);
  const { assetPositions } = await wsInfo.clearinghouseState({ user });
  expect(assetPositions).toMatchObject([{ position: { coin: "ETH", leverage: { type: "isolated", value: 3 } } }]);
});

test("every question of a trading agent is answered over the socket as over HTTP", async () => {
  using clients = overSocket(5);
  const { user, info, wsInfo } = clients;
  const startTime = 0;
  const questions: readonly ((of: InfoClient) => Promise<unknown>)[] = [
    (of) => of.meta(),
    (of) => of.metaAndAssetCtxs(),
    (of) => of.spotMeta(),
    (of) => of.spotMetaAndAssetCtxs(),
    (of) => of.outcomeMeta(),
    (of) => of.perpDexs(),
    (of) => of.allMids(),
    (of) => of.l2Book({ coin: "BTC" }),
    (of) => of.candleSnapshot({ coin: "BTC", interval: "1h", startTime }),
    (of) => of.fundingHistory({ coin: "BTC", startTime }),
    (of) => of.predictedFundings(),
    (of) => of.recentTrades({ coin: "BTC" }),
    (of) => of.exchangeStatus(),
    (of) => of.maxMarketOrderNtls(),
    (of) => of.clearinghouseState({ user }),
    (of) => of.spotClearinghouseState({ user }),
    (of) => of.openOrders({ user }),
    (of) => of.frontendOpenOrders({ user }),
    (of) => of.orderStatus({ user, oid: 1 }),
    (of) => of.userFills({ user }),
    (of) => of.userFillsByTime({ user, startTime }),
    (of) => of.userFunding({ user, startTime }),
    (of) => of.userNonFundingLedgerUpdates({ user, startTime }),
    (of) => of.historicalOrders({ user }),
    (of) => of.portfolio({ user }),
    (of) => of.userFees({ user }),
    (of) => of.userRateLimit({ user }),
    (of) => of.userRole({ user }),
    (of) => of.extraAgents({ user }),
    (of) => of.activeAssetData({ user, coin: "BTC" }),
  ];
  for (const ask of questions) expect(await ask(wsInfo), String(ask)).toEqual(await ask(info));
});

test("what an account does comes over its subscriptions, the state of before first", async () => {
  using clients = overSocket(1);
  const { user, feeds } = clients;
  const heard: Record<string, unknown[]> = {};
  const hear = (name: string) => (data: unknown) => {
    heard[name] = [...(heard[name] ?? []), data];
  };
  await Promise.all([
    feeds.allMids(hear("allMids")),
    feeds.l2Book({ coin: "ETH" }, hear("l2Book")),
    feeds.bbo({ coin: "ETH" }, hear("bbo")),
    feeds.trades({ coin: "ETH" }, hear("trades")),
    feeds.candle({ coin: "ETH", interval: "1m" }, hear("candle")),
    feeds.activeAssetCtx({ coin: "ETH" }, hear("activeAssetCtx")),
    feeds.clearinghouseState({ user }, hear("clearinghouseState")),
    feeds.spotState({ user }, hear("spotState")),
    feeds.openOrders({ user }, hear("openOrders")),
    feeds.orderUpdates({ user }, hear("orderUpdates")),
    feeds.userFills({ user }, hear("userFills")),
    feeds.userFundings({ user }, hear("userFundings")),
    feeds.userEvents({ user }, hear("userEvents")),
    feeds.userNonFundingLedgerUpdates({ user }, hear("ledger")),
  ]);
  await expect.poll(() => heard.userFills).toMatchObject([{ user, isSnapshot: true, fills: [] }]);
  await expect.poll(() => heard.clearinghouseState).toMatchObject([{ user, dex: "" }]);
  const eth = await quote(clients, "ETH");
  await clients.exchange.order({
    orders: [
      { a: eth.asset, b: true, p: eth.at(1.03), s: eth.worth(1_000), r: false, t: limit("Ioc") },
      { a: eth.asset, b: true, p: eth.at(0.9), s: eth.worth(500), r: false, t: limit("Gtc") },
    ],
    grouping: "na",
  });
  await expect.poll(() => (heard.userFills ?? []).at(-1)).toMatchObject({ user, fills: [{ coin: "ETH", side: "B" }] });
  await expect.poll(() => (heard.orderUpdates ?? []).flat()).toMatchObject([{ status: "filled" }, { status: "open" }]);
  await expect.poll(() => (heard.openOrders ?? []).at(-1)).toMatchObject({ user, dex: "", orders: [{ coin: "ETH" }] });
  await expect
    .poll(() => (heard.clearinghouseState ?? []).at(-1))
    .toMatchObject({ clearinghouseState: { assetPositions: [{ position: { coin: "ETH" } }] } });
  await expect.poll(() => (heard.userEvents ?? []).at(-1)).toMatchObject({ fills: [{ coin: "ETH" }] });
  await expect.poll(() => (heard.trades ?? []).at(-1)).toMatchObject([{ coin: "ETH" }]);
  await paper.advance((await paper.now()) + 3_600_000);
  await expect.poll(() => (heard.userFundings ?? []).at(-1)).toMatchObject({ user, fundings: [{ coin: "ETH" }] });
  for (const name of ["allMids", "l2Book", "bbo", "candle", "activeAssetCtx"]) {
    await expect.poll(() => (heard[name] ?? []).length, { message: name }).toBeGreaterThan(1);
  }
  expect(heard.spotState).toHaveLength(1);
  await clients.exchange.usdClassTransfer({ amount: "100", toPerp: false });
  await expect.poll(() => heard.spotState).toHaveLength(2);
  await expect
    .poll(() => (heard.ledger ?? []).at(-1))
    .toMatchObject({ user, nonFundingLedgerUpdates: [{ delta: { type: "accountClassTransfer" } }] });
});

test("a subscription is ended, and is refused where there is nothing to hear of", async () => {
  using clients = overSocket(2);
  let heard = 0;
  const mids = await clients.feeds.allMids(() => {
    heard += 1;
  });
  await expect.poll(() => heard).toBe(1);
  await mids.unsubscribe();
  await paper.advance((await paper.now()) + 60_000);
  await clients.wsInfo.exchangeStatus();
  expect(heard).toBe(1);
  await expect(clients.feeds.l2Book({ coin: "NOSUCH" }, () => undefined)).rejects.toThrow("Invalid subscription");
});

test("a dropped socket comes back with its subscriptions", async () => {
  using clients = overSocket(3);
  let heard = 0;
  await clients.feeds.allMids(() => {
    heard += 1;
  });
  await expect.poll(() => heard).toBe(1);
  paper.faults.script("message", "drop_socket");
  await paper.advance((await paper.now()) + 60_000);
  await expect.poll(() => heard, { timeout: 10_000 }).toBe(2);
});

test("a message that comes twice or late is the same message", async () => {
  using clients = overSocket(4);
  const heard: { readonly time: number }[] = [];
  await clients.feeds.l2Book({ coin: "BTC" }, (data) => heard.push(data));
  await expect.poll(() => heard.length).toBe(1);
  paper.faults.script("message", "duplicate");
  await paper.advance((await paper.now()) + 60_000);
  await expect.poll(() => heard.length).toBe(3);
  expect(heard[1]).toEqual(heard[2]);
  paper.faults.script("message", "late");
  await paper.advance((await paper.now()) + 60_000);
  await clients.wsInfo.exchangeStatus();
  expect(heard.length).toBe(3);
  await paper.advance((await paper.now()) + 60_000);
  await expect.poll(() => heard.length).toBe(5);
  expect(heard[3]?.time).toBeGreaterThan(heard[4]?.time ?? 0);
});

test("an address that opens more connections than the venue allows is turned away", async () => {
  await using other = await startPaperExchange({ seed: "many", accounts: 1 });
  const open = async () => {
    const socket = new WebSocket(other.ws);
    return new Promise<WebSocket | null>((resolve) => {
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("error", () => resolve(null));
    });
  };
  const sockets: (WebSocket | null)[] = [];
  for (let n = 0; n < 100; n += 1) sockets.push(await open());
  expect(sockets).not.toContain(null);
  expect(await open()).toBeNull();
  sockets[0]?.close();
  await expect.poll(open).not.toBeNull();
});
