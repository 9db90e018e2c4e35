import { ApiRequestError } from "@nktkas/hyperliquid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Exchange } from "../../src/worlds/paper-exchange/engine/exchange.ts";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { clientsOf, exchangeAs, generatePrivateKey, limit, privateKeyToAccount, quote } from "./support.ts";

let paper: PaperExchange;
beforeAll(async () => {
  paper = await startPaperExchange({ seed: "sdk", accounts: 12, limits: { weightPerMinute: 100_000 } });
});
afterAll(async () => {
  await paper?.stop();
});

// The SDK reads a cloid that is small enough for a number as the number.
const cloid = (n: number) => `0xf${String(n).padStart(31, "0")}` as const;

test("an order rests, is found by its number and its client's, is changed, and is cancelled", async () => {
  const clients = clientsOf(paper, { n: 0 });
  const { info, exchange, user } = clients;
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(500), r: false, t: limit("Gtc"), c: cloid(1) };
  const placed = await exchange.order({ orders: [order], grouping: "na" });
  const [status] = placed.response.data.statuses;
  if (typeof status !== "object" || !("resting" in status)) throw new Error(JSON.stringify(status));
  const { oid } = status.resting;
  expect(status.resting.cloid).toBe(cloid(1));
  expect(await info.openOrders({ user })).toMatchObject([{ oid, coin: "BTC", side: "B", limitPx: order.p, sz: order.s }]);
  expect(await info.frontendOpenOrders({ user })).toMatchObject([{ oid, orderType: "Limit", tif: "Gtc", reduceOnly: false }]);
  for (const id of [oid, cloid(1)]) {
    expect(await info.orderStatus({ user, oid: id })).toMatchObject({
      status: "order",
      order: { status: "open", order: { oid } },
    });
  }
  await exchange.modify({ oid, order: { ...order, p: btc.at(0.8), c: cloid(2) } });
  expect(await info.openOrders({ user })).toMatchObject([{ limitPx: btc.at(0.8), cloid: cloid(2) }]);
  await exchange.cancelByCloid({ cancels: [{ asset: btc.asset, cloid: cloid(2) }] });
  expect(await info.openOrders({ user })).toEqual([]);
  expect(await info.orderStatus({ user, oid: cloid(2) })).toMatchObject({ order: { status: "canceled" } });
  expect(await info.orderStatus({ user, oid: cloid(99) })).toEqual({ status: "unknownOid" });
  await expect(exchange.cancel({ cancels: [{ a: btc.asset, o: oid }] })).rejects.toThrow(
    "never placed, already canceled, or filled",
  );
});

test("of a batch with one bad order the others stand, although the SDK throws", async () => {
  const clients = clientsOf(paper, { n: 1 });
  const { info, exchange, user } = clients;
  const eth = await quote(clients, "ETH");
  const good = { a: eth.asset, b: true, p: eth.at(0.9), s: eth.worth(300), r: false, t: limit("Gtc") };
  const thrown = await exchange.order({ orders: [good, { ...good, s: eth.worth(3) }], grouping: "na" }).catch((e: unknown) => e);
  if (!(thrown instanceof ApiRequestError)) throw new Error(String(thrown));
  expect(thrown.message).toContain("minimum value of $10");
  const { statuses } = (thrown.response as { response: { data: { statuses: unknown[] } } }).response.data;
  expect(statuses).toMatchObject([{ resting: { oid: expect.any(Number) } }, { error: expect.any(String) }]);
  expect(await info.openOrders({ user })).toHaveLength(1);
  const [open] = await info.openOrders({ user });
  await exchange.batchModify({ modifies: [{ oid: open?.oid ?? 0, order: { ...good, p: eth.at(0.85) } }] });
  expect(await info.openOrders({ user })).toMatchObject([{ limitPx: eth.at(0.85) }]);
});

test("a market order fills, pays its fee, and stands in every book of the account", async () => {
  const clients = clientsOf(paper, { n: 2 });
  const { info, exchange, user } = clients;
  const eth = await quote(clients, "ETH");
  await exchange.updateLeverage({ asset: eth.asset, isCross: false, leverage: 2 });
  const size = eth.worth(2_000);
  const placed = await exchange.order({
    orders: [{ a: eth.asset, b: true, p: eth.at(1.03), s: size, r: false, t: limit("Ioc"), c: cloid(7) }],
    grouping: "na",
  });
  expect(placed.response.data.statuses).toMatchObject([{ filled: { totalSz: size, cloid: cloid(7) } }]);
  const state = await info.clearinghouseState({ user });
  expect(state.assetPositions).toMatchObject([
    { type: "oneWay", position: { coin: "ETH", szi: size, leverage: { type: "isolated", value: 2 } } },
  ]);
  expect(Number(state.marginSummary.accountValue)).toBeLessThan(50_000);
  expect(Number(state.marginSummary.accountValue)).toBeGreaterThan(49_800);
  const fills = await info.userFills({ user });
  expect(fills[0]).toMatchObject({ coin: "ETH", side: "B", dir: "Open Long", crossed: true, feeToken: "USDC", cloid: cloid(7) });
  expect(Number(fills[0]?.fee)).toBeGreaterThan(0);
  expect(await info.userFillsByTime({ user, startTime: 0 })).toHaveLength(fills.length);
  await exchange.updateIsolatedMargin({ asset: eth.asset, isBuy: true, ntli: 100_000_000 });
  const more = await info.clearinghouseState({ user });
  const margin = (s: typeof state) => Number(s.assetPositions[0]?.position.marginUsed);
  expect(margin(more) - margin(state)).toBeCloseTo(100, 3);
  expect(await info.historicalOrders({ user })).toMatchObject([{ status: "filled" }]);
  expect(Number((await info.userRateLimit({ user })).cumVlm)).toBeGreaterThan(1_900);
});

test("stops wait for their trigger and are read as such", async () => {
  const clients = clientsOf(paper, { n: 3 });
  const { info, exchange, user } = clients;
  const btc = await quote(clients, "BTC");
  const entry = { a: btc.asset, b: true, p: btc.at(1.03), s: btc.worth(1_000), r: false, t: limit("Ioc") };
  await exchange.order({ orders: [entry], grouping: "na" });
  const stop = { ...entry, b: false, r: true };
  const placed = await exchange.order({
    orders: [
      { ...stop, p: btc.at(0.85), t: { trigger: { isMarket: true, triggerPx: btc.at(0.9), tpsl: "sl" } } },
      { ...stop, p: btc.at(1.2), t: { trigger: { isMarket: false, triggerPx: btc.at(1.2), tpsl: "tp" } } },
    ],
    grouping: "positionTpsl",
  });
  expect(placed.response.data.statuses).toHaveLength(2);
  const open = await info.frontendOpenOrders({ user });
  expect(open).toHaveLength(2);
  expect(open.map(({ isTrigger, reduceOnly }) => ({ isTrigger, reduceOnly }))).toEqual(
    Array.from({ length: 2 }, () => ({ isTrigger: true, reduceOnly: true })),
  );
  await exchange.scheduleCancel({ time: (await paper.now()) + 10_000 }).catch(() => undefined);
});

test("money moves between classes, to other accounts and out, by its owner's word", async () => {
  const { info, exchange, user } = clientsOf(paper, { n: 4 });
  const other = clientsOf(paper, { n: 5 });
  await exchange.usdClassTransfer({ amount: "1000", toPerp: false });
  expect((await info.spotClearinghouseState({ user })).balances).toMatchObject([
    { coin: "USDC", token: 0, total: expect.any(String) },
  ]);
  expect(Number((await info.clearinghouseState({ user })).withdrawable)).toBe(49_000);
  await exchange.usdSend({ destination: other.user, amount: "500" });
  expect(Number((await other.info.clearinghouseState({ user: other.user })).withdrawable)).toBe(50_500);
  await exchange.spotSend({ destination: other.user, token: "USDC:0x6d1e7cde53ba9467b783cb7c530ce054", amount: "100" });
  await exchange.withdraw3({ destination: user, amount: "200" });
  const usdc = "USDC:0x6d1e7cde53ba9467b783cb7c530ce054";
  const before = Number((await info.clearinghouseState({ user })).withdrawable);
  await exchange.sendAsset({ destination: user, sourceDex: "spot", destinationDex: "", token: usdc, amount: "50" });
  await exchange.sendAsset({ destination: other.user, sourceDex: "", destinationDex: "", token: usdc, amount: "20" });
  expect(Number((await info.clearinghouseState({ user })).withdrawable)).toBe(before + 30);
  await expect(
    exchange.sendAsset({ destination: user, sourceDex: "", destinationDex: "xyz", token: usdc, amount: "1" }),
  ).rejects.toThrow("Invalid dex.");
  const types = (await info.userNonFundingLedgerUpdates({ user, startTime: 0 })).map(({ delta }) => delta.type);
  expect(types).toEqual(expect.arrayContaining(["deposit", "accountClassTransfer", "withdraw"]));
  await expect(exchange.usdSend({ destination: other.user, amount: "1000000" })).rejects.toThrow("Insufficient balance");
});

test("API wallets trade for their account, and cannot take anything out of it", async () => {
  const clients = clientsOf(paper, { n: 6 });
  const { info, exchange, user } = clients;
  const [first, second, third] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()];
  await exchange.approveAgent({ agentAddress: privateKeyToAccount(first).address, agentName: "" });
  await exchange.approveAgent({ agentAddress: privateKeyToAccount(second).address, agentName: "second" });
  const agents = await info.extraAgents({ user });
  expect(agents).toMatchObject([{ name: "second", validUntil: expect.any(Number) }]);
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Alo") };
  for (const key of [first, second]) await exchangeAs(paper, key).order({ orders: [order], grouping: "na" });
  expect(await info.openOrders({ user })).toHaveLength(2);
  const address = privateKeyToAccount(first).address;
  expect(await info.userRole({ user: address })).toEqual({ role: "agent", data: { user } });
  expect(await info.openOrders({ user: address })).toEqual([]);
  const agent = exchangeAs(paper, first);
  for (const taken of [
    agent.usdSend({ destination: address, amount: "1" }),
    agent.withdraw3({ destination: address, amount: "1" }),
    agent.usdClassTransfer({ amount: "1", toPerp: false }),
    agent.approveAgent({ agentAddress: privateKeyToAccount(third).address }),
  ]) {
    await expect(taken).rejects.toThrow("Must deposit before performing actions");
  }
  await exchange.approveAgent({ agentAddress: privateKeyToAccount(third).address, agentName: "" });
  await expect(agent.order({ orders: [order], grouping: "na" })).rejects.toThrow(
    `User or API Wallet ${address.toLowerCase()} does not exist.`,
  );
  await exchangeAs(paper, third).order({ orders: [order], grouping: "na" });
});

test("a sub-account and a vault are acted on by their owner only, and an API wallet may move money into a vault", async () => {
  const clients = clientsOf(paper, { n: 7 });
  const { info, exchange, user } = clients;
  const created = await exchange.createSubAccount({ name: "desk" });
  const sub = created.response.data;
  await exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 2_000_000_000 });
  expect(await info.userRole({ user: sub })).toEqual({ role: "subAccount", data: { master: user } });
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc") };
  await exchange.order({ orders: [order], grouping: "na" }, { vaultAddress: sub });
  expect(await info.openOrders({ user: sub })).toHaveLength(1);
  expect(await info.openOrders({ user })).toEqual([]);
  const stranger = clientsOf(paper, { n: 8 });
  await expect(stranger.exchange.order({ orders: [order], grouping: "na" }, { vaultAddress: sub })).rejects.toThrow(
    `Vault not registered: ${sub}`,
  );
  expect(await info.subAccounts({ user })).toMatchObject([{ name: "desk", subAccountUser: sub, master: user }]);
  const made = await exchange.createVault({ name: "a vault", description: "a vault for a test", initialUsd: 200_000_000 });
  const vault = made.response.data;
  const back = { destination: user, sourceDex: "", destinationDex: "", token: "USDC:0x6d1e7cde53ba9467b783cb7c530ce054" };
  await exchange.sendAsset({ ...back, amount: "150", fromSubAccount: sub });
  expect(Number((await info.clearinghouseState({ user: sub })).marginSummary.accountValue)).toBe(1_850);
  await expect(exchange.sendAsset({ ...back, amount: "1", fromSubAccount: vault })).rejects.toThrow("not registered");
  const key = generatePrivateKey();
  await stranger.exchange.approveAgent({ agentAddress: privateKeyToAccount(key).address, agentName: "v" });
  await exchangeAs(paper, key).vaultTransfer({ vaultAddress: vault, isDeposit: true, usd: 300_000_000 });
  expect(await info.userRole({ user: vault })).toEqual({ role: "vault" });
  expect(Number((await info.clearinghouseState({ user: stranger.user })).withdrawable)).toBe(49_700);
});

test("every question of a trading agent is answered", async () => {
  const clients = clientsOf(paper, { n: 9 });
  const { info, user } = clients;
  const eth = await quote(clients, "ETH");
  await clients.exchange.order({
    orders: [{ a: eth.asset, b: false, p: eth.at(0.97), s: eth.worth(1_000), r: false, t: limit("Ioc") }],
    grouping: "na",
  });
  const start = await paper.now();
  await paper.advance(start + 2 * 3_600_000);
  const [meta, contexts] = await info.metaAndAssetCtxs();
  expect(contexts).toHaveLength(meta.universe.length);
  expect(Number(contexts[0]?.oraclePx)).toBeGreaterThan(0);
  expect(Object.keys(contexts[0] ?? {})).toEqual(
    expect.arrayContaining(["funding", "openInterest", "premium", "impactPxs", "midPx"]),
  );
  const [spot, spotContexts] = await info.spotMetaAndAssetCtxs();
  expect(spotContexts.map(({ coin }) => coin)).toEqual(spot.universe.map(({ name }) => name));
  const book = await info.l2Book({ coin: "BTC" });
  expect(Number(book?.levels[0][0]?.px)).toBeLessThan(Number(book?.levels[1][0]?.px));
  const coarse = await info.l2Book({ coin: "BTC", nSigFigs: 2 });
  expect(coarse?.levels[0][0]?.px).toMatch(/^\d{1,2}0*$/);
  expect(await info.l2Book({ coin: "NOSUCH" })).toBeNull();
  const candles = await info.candleSnapshot({ coin: "BTC", interval: "1h", startTime: start, endTime: start + 2 * 3_600_000 });
  expect(candles.length).toBeGreaterThanOrEqual(2);
  expect(candles[0]).toMatchObject({ s: "BTC", i: "1h", n: expect.any(Number) });
  expect((await info.fundingHistory({ coin: "ETH", startTime: start })).length).toBe(2);
  const paid = await info.userFunding({ user, startTime: start });
  expect(paid).toHaveLength(2);
  expect(paid[0]?.delta).toMatchObject({ type: "funding", coin: "ETH", szi: expect.stringMatching(/^-/) });
  expect((await info.predictedFundings())[0]?.[1][0]?.[0]).toBe("HlPerp");
  expect(await info.userFees({ user })).toMatchObject({ userCrossRate: "0.00045", userAddRate: "0.00015" });
  expect((await info.portfolio({ user })).map(([period]) => period)).toContain("allTime");
  expect((await info.activeAssetData({ user, coin: "ETH" })).maxTradeSzs).toHaveLength(2);
  expect((await info.maxMarketOrderNtls()).length).toBeGreaterThan(0);
  expect((await info.recentTrades({ coin: "ETH" }))[0]).toMatchObject({
    coin: "ETH",
    users: [expect.any(String), expect.any(String)],
  });
  expect(await info.exchangeStatus()).toEqual({ time: await paper.now(), specialStatuses: null });
  expect(await info.outcomeMeta()).toEqual({ outcomes: [], questions: [] });
  expect(await info.perpDexs()).toEqual([null]);
  expect(await info.userRole({ user: `0x${"ab".repeat(20)}` })).toEqual({ role: "missing" });
});

test("an account's mode is told in the venue's words, is kept when the exchange is, and is nobody's to set over the wire", async () => {
  const { info, exchange, user } = clientsOf(paper, { n: 9 });
  expect(await info.userAbstraction({ user })).toBe("default");
  expect(await info.userAbstraction({ user: `0x${"ab".repeat(20)}` })).toBe("default");
  expect(await info.userDexAbstraction({ user })).toBeNull();
  await expect(exchange.agentSetAbstraction({ abstraction: "u" })).rejects.toThrow();
  await expect(exchange.userSetAbstraction({ user, abstraction: "unifiedAccount" })).rejects.toThrow();
  expect(await info.userAbstraction({ user })).toBe("default");
  for (const mode of ["disabled", "unifiedAccount", "dexAbstraction", "portfolioMargin"] as const) {
    paper.exchange.setMode(user, mode);
    expect(await info.userAbstraction({ user })).toBe(mode);
    expect(await info.userDexAbstraction({ user })).toBe(mode === "dexAbstraction" ? true : null);
    const { portfolioMarginEnabled } = await info.spotClearinghouseState({ user });
    expect(portfolioMarginEnabled).toBe(mode === "portfolioMargin" ? true : undefined);
  }
  expect(Exchange.restore(paper.exchange.snapshot()).modeOf(user)).toBe("portfolioMargin");
});

test("spot is bought and sold with money of the spot class", async () => {
  const clients = clientsOf(paper, { n: 10 });
  const { info, exchange, user } = clients;
  await exchange.usdClassTransfer({ amount: "5000", toPerp: false });
  const { tokens, universe } = await info.spotMeta();
  const pair = universe[0];
  const base = tokens.find(({ index }) => index === pair?.tokens[0]);
  const spot = await quote(clients, `${base?.name}/USDC`);
  await exchange.order({
    orders: [{ a: spot.asset, b: true, p: spot.at(1.04), s: spot.worth(500), r: false, t: limit("Ioc") }],
    grouping: "na",
  });
  const { balances } = await info.spotClearinghouseState({ user });
  const held = balances.find(({ coin }) => coin === base?.name);
  expect(Number(held?.total)).toBeGreaterThan(0);
  expect(Number(held?.hold)).toBe(0);
  expect((await info.userFills({ user }))[0]).toMatchObject({ coin: pair?.name, dir: "Buy" });
});
