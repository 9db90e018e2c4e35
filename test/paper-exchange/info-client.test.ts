import { afterAll, beforeAll, expect, test } from "vitest";
import { HOUR } from "../../src/core/clock.ts";
import { infoClient } from "../../src/protocols/hyperliquid/info-client.ts";
import { liquidationPrice } from "../../src/protocols/hyperliquid/margin.ts";
import { perpMarkets, spotMarkets } from "../../src/protocols/hyperliquid/market.ts";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { clientsOf, exchangeAs, generatePrivateKey, limit, privateKeyToAccount, quote } from "./support.ts";

let paper: PaperExchange;
beforeAll(async () => {
  paper = await startPaperExchange({ seed: "info", accounts: 2, limits: { weightPerMinute: 100_000 } });
});
afterAll(async () => {
  await paper?.stop();
});

test("every answer is read strictly, with an account that has everything", async () => {
  const clients = clientsOf(paper);
  const { user, exchange } = clients;
  const info = infoClient({ url: paper.http });
  const start = await paper.now();
  const eth = await quote(clients, "ETH");
  const order = { a: eth.asset, b: true, p: eth.at(1.02), s: eth.worth(3_000), r: false, t: limit("Ioc") };
  await exchange.updateLeverage({ asset: eth.asset, isCross: false, leverage: 3 });
  const c = `0xf${"0".repeat(31)}` as const;
  const stop = { trigger: { isMarket: false, triggerPx: eth.at(0.8), tpsl: "sl" as const } };
  await exchange.order({ orders: [order, { ...order, p: eth.at(0.9), t: limit("Gtc"), c }], grouping: "na" });
  await exchange.order({ orders: [{ ...order, b: false, r: true, p: eth.at(0.79), t: stop }], grouping: "na" });
  await exchange.usdClassTransfer({ amount: "1000", toPerp: false });
  const key = generatePrivateKey();
  await exchange.approveAgent({ agentAddress: privateKeyToAccount(key).address, agentName: "one" });
  await paper.advance(start + 2 * HOUR);

  const perps = perpMarkets(await info.perpMeta());
  expect(perps.find(({ coin }) => coin === "ETH")).toMatchObject({ asset: eth.asset, sz_decimals: 4, max_leverage: 25 });
  expect(spotMarkets(await info.spotMeta()).map(({ coin, asset }) => [coin, asset])).toContainEqual(["@107", 10_107]);
  const [meta, contexts] = await info.perpMetaAndContexts();
  expect(contexts).toHaveLength(meta.universe.length);
  const [pairs, pairContexts] = await info.spotMetaAndContexts();
  expect(pairContexts).toHaveLength(pairs.universe.length);
  const mids = await info.allMids();
  const book = await info.l2Book("ETH");
  expect(book?.levels[0][0]?.px.lt(mids.ETH ?? 0)).toBe(true);
  expect(await info.l2Book("NOSUCH")).toBeNull();
  expect((await info.candles("ETH", "1h", start)).length).toBeGreaterThanOrEqual(2);
  expect(await info.fundingHistory("ETH", start)).toHaveLength(2);
  const state = await info.perpState(user);
  const [held] = state.assetPositions;
  expect(held?.position.szi.toFixed()).toBe(order.s);
  expect((await info.spotState(user)).balances[0]?.total.toFixed()).toBe("1000");
  expect(await info.openOrders(user)).toHaveLength(2);
  expect(await info.orderStatus(user, c)).toMatchObject({ status: "order", order: { status: "open", order: { cloid: c } } });
  expect(await info.orderStatus(user, 1)).toEqual({ status: "unknownOid" });
  expect((await info.fills(user, start)).length).toBeGreaterThan(0);
  expect(await info.fundingPayments(user, start)).toHaveLength(2);
  expect((await info.userFees(user)).userCrossRate.toFixed()).toBe("0.00045");
  expect((await info.userRateLimit(user)).nRequestsCap).toBeGreaterThan(12_000);
  expect(await info.userRole(user)).toEqual({ role: "user" });
  expect(await info.extraAgents(user)).toMatchObject([{ name: "one" }]);
  await exchangeAs(paper, key).cancelByCloid({ cancels: [{ asset: eth.asset, cloid: c }] });

  // What the exchange calls the liquidation price is the formula's, to the tick.
  const position = held?.position;
  const tiers = perps.find(({ coin }) => coin === "ETH")?.margin_tiers ?? [];
  if (position === undefined) throw new Error("nothing is held");
  const mark = position.positionValue.div(position.szi);
  const expected = liquidationPrice({ size: position.szi, price: mark, equity: position.marginUsed, tiers });
  expect(
    position.liquidationPx
      ?.minus(expected ?? 0)
      .abs()
      .lt("0.2"),
  ).toBe(true);
});

test("a venue that is not there, or answers otherwise, is a typed error", async () => {
  const gone = await startPaperExchange();
  await gone.stop();
  await expect(infoClient({ url: gone.http }).allMids()).rejects.toMatchObject({ code: "HYPERLIQUID_UNAVAILABLE" });
  await expect(infoClient({ url: paper.http }).candles("BTC", "7m", 0)).rejects.toMatchObject({
    code: "HYPERLIQUID_UNAVAILABLE",
  });
});
