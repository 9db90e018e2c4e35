import { ApiRequestError, HttpRequestError } from "@nktkas/hyperliquid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { clientsOf, limit, quote } from "./support.ts";

let paper: PaperExchange;
beforeAll(async () => {
  paper = await startPaperExchange({ seed: "faults", accounts: 8, usdc: 10_000, limits: { weightPerMinute: 100_000 } });
});
afterAll(async () => {
  await paper?.stop();
});

const cloid = (n: number) => `0xf${String(n).padStart(31, "0")}` as const;

test.each([
  ["drop_answer", 400],
  ["cut_answer", 10_000],
  ["error_after", 10_000],
] as const)("after %s the order stands, and its client finds it by its own id", async (fault, timeout) => {
  const clients = clientsOf(paper, { n: 0, timeout });
  const btc = await quote(clients, "BTC");
  const c = cloid(timeout + fault.length);
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc"), c };
  paper.faults.script("action", fault);
  await expect(clients.exchange.order({ orders: [order], grouping: "na" })).rejects.toThrow();
  expect(await clients.info.orderStatus({ user: clients.user, oid: c })).toMatchObject({ order: { status: "open" } });
});

test.each([
  ["drop_request", 400],
  ["cut_request", 10_000],
  ["http_429", 10_000],
  ["http_5xx", 10_000],
] as const)("after %s nothing happened", async (fault, timeout) => {
  const clients = clientsOf(paper, { n: 1, timeout });
  const btc = await quote(clients, "BTC");
  const c = cloid(timeout + fault.length);
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc"), c };
  paper.faults.script("action", fault);
  await expect(clients.exchange.order({ orders: [order], grouping: "na" })).rejects.toThrow();
  expect(await clients.info.orderStatus({ user: clients.user, oid: c })).toEqual({ status: "unknownOid" });
  expect(await clients.info.openOrders({ user: clients.user })).toEqual([]);
});

test("a market order may be filled in part", async () => {
  await using thin = await startPaperExchange({ seed: "thin", accounts: 1, faults: { partial_fills: 1 } });
  const clients = clientsOf(thin);
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(1.02), s: btc.worth(20_000), r: false, t: limit("Ioc"), c: cloid(3) };
  const placed = await clients.exchange.order({ orders: [order], grouping: "na" });
  const [status] = placed.response.data.statuses;
  const filled = typeof status === "object" && "filled" in status ? Number(status.filled.totalSz) : Number.NaN;
  expect(filled).toBeGreaterThan(0);
  expect(filled).toBeLessThan(Number(order.s));
  const state = await clients.info.clearinghouseState({ user: clients.user });
  expect(Number(state.assetPositions[0]?.position.szi)).toBe(filled);
  thin.exchange.audit();
});

test("frozen data are those of before, until they thaw", async () => {
  const clients = clientsOf(paper, { n: 2 });
  const before = await clients.info.l2Book({ coin: "ETH" });
  paper.faults.freeze(true);
  await paper.advance((await paper.now()) + 3_600_000);
  expect(await clients.info.l2Book({ coin: "ETH" })).toEqual(before);
  paper.faults.freeze(false);
  expect((await clients.info.l2Book({ coin: "ETH" }))?.time).toBeGreaterThan(before?.time ?? 0);
});

test("an IP address that asks too much is turned away with HTTP 429", async () => {
  await using small = await startPaperExchange({ seed: "limits", accounts: 1, limits: { weightPerMinute: 30 } });
  const { info } = clientsOf(small);
  await info.meta();
  const error = await info.spotMeta().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(HttpRequestError);
  expect((error as HttpRequestError).response?.status).toBe(429);
});

test("an address that has spent its requests waits, and may still cancel", async () => {
  await using small = await startPaperExchange({ seed: "limits", accounts: 1, limits: { initialRequests: 2 } });
  const clients = clientsOf(small);
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc") };
  await clients.exchange.order({ orders: [order, order], grouping: "na" });
  await expect(clients.exchange.order({ orders: [order], grouping: "na" })).rejects.toThrow("Too many cumulative requests sent");
  const [open] = await clients.info.openOrders({ user: clients.user });
  await clients.exchange.cancel({ cancels: [{ a: btc.asset, o: open?.oid ?? 0 }] });
});

test("a state that was saved goes on where it stood, nonces and API wallets included", async () => {
  await using first = await startPaperExchange({ seed: "saved", accounts: 1 });
  const clients = clientsOf(first);
  const btc = await quote(clients, "BTC");
  const order = { a: btc.asset, b: true, p: btc.at(0.9), s: btc.worth(200), r: false, t: limit("Gtc"), c: cloid(1) };
  await clients.exchange.order({ orders: [order], grouping: "na" });
  await clients.exchange.approveAgent({ agentAddress: `0x${"ab".repeat(20)}`, agentName: "kept" });
  await first.advance((await first.now()) + 3_600_000);
  const saved: unknown = JSON.parse(JSON.stringify(first.save()));
  await using second = await startPaperExchange({ seed: "saved", accounts: 1, saved });
  const again = clientsOf(second);
  expect(await second.now()).toBe(await first.now());
  expect(await again.info.openOrders({ user: again.user })).toEqual(await clients.info.openOrders({ user: clients.user }));
  expect(await again.info.extraAgents({ user: again.user })).toMatchObject([{ name: "kept" }]);
  const until = (await first.now()) + 3_600_000;
  await Promise.all([first.advance(until), second.advance(until)]);
  expect(await again.info.allMids()).toEqual(await clients.info.allMids());
});

test("whatever fails on the way, a client that asks by its own id before it repeats has each order once", async () => {
  const rates = { cut_answer: 0.15, cut_request: 0.15, error_after: 0.1, http_5xx: 0.1, http_429: 0.05 };
  const limits = { weightPerMinute: 1_000_000 };
  await using paper = await startPaperExchange({ seed: "episodes", accounts: 1, faults: { rates, partial_fills: 0.3 }, limits });
  const clients = clientsOf(paper);
  const { user } = clients;
  const asset = 1;
  const until = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof ApiRequestError) throw error;
      }
    }
  };
  const wanted = 150;
  for (let n = 0; n < wanted; n += 1) {
    const c = cloid(1_000 + n);
    const mid = Number((await until(() => clients.info.allMids())).ETH);
    const buys = n % 2 === 0;
    const p = String(Math.round(mid * (buys ? 1.01 : 0.99)));
    const order = { a: asset, b: buys, p, s: "0.05", r: false, t: limit("Ioc"), c };
    for (let placed = false; !placed; ) {
      await clients.exchange.order({ orders: [order], grouping: "na" }).catch(() => undefined);
      placed = (await until(() => clients.info.orderStatus({ user, oid: c }))).status === "order";
    }
  }
  const orders = await until(() => clients.info.historicalOrders({ user }));
  const ids = orders.map(({ order }) => order.cloid);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(wanted);
  const filled = paper.exchange.fills(user).reduce((sum, { sz, side }) => sum + (side === "B" ? 1 : -1) * Number(sz), 0);
  const held = Number((await until(() => clients.info.clearinghouseState({ user }))).assetPositions[0]?.position.szi ?? 0);
  expect(held).toBeCloseTo(filled, 6);
  paper.exchange.audit();
});
