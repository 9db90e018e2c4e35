import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../../../core/clock.ts";
import { canonicalJson } from "../../../core/json.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { Exchange } from "./exchange.ts";
import { BTC, ETH, limit, PURR, smallExchange, stop, trader } from "./testing/small-exchange.ts";

const MARKETS = [
  { asset: BTC, coin: "BTC", price: 100_000, tick: 10, lot: 0.001 },
  { asset: ETH, coin: "ETH", price: 3_000, tick: 1, lot: 0.05 },
  { asset: PURR, coin: "PURR/USDC", price: 0.2, tick: 0.001, lot: 100 },
] as const;
const TIFS = ["Gtc", "Gtc", "Ioc", "Alo", "FrontendMarket"] as const;

const choice = fc.record({
  what: fc.oneof(
    { weight: 20, arbitrary: fc.constant("order" as const) },
    {
      weight: 12,
      arbitrary: fc.constantFrom("trigger", "cancel", "modify", "oracle", "oracle", "wait", "leverage", "margin", "transfer"),
    },
  ),
  who: fc.nat(3),
  market: fc.nat(2),
  buys: fc.boolean(),
  offset: fc.integer({ min: -20, max: 20 }),
  lots: fc.integer({ min: 1, max: 400 }),
  tif: fc.nat(4),
  reduces: fc.boolean(),
  n: fc.nat(50),
});
type Choice = typeof choice extends fc.Arbitrary<infer T> ? T : never;

function orderOf(exchange: Exchange, { market, buys, offset, lots, tif, reduces, n }: Choice): WireOrder {
  const { asset, coin, tick, lot } = MARKETS[market] ?? MARKETS[0];
  const mid = Number(exchange.mids()[coin]);
  const px = Math.max(tick, Math.round(mid / tick + offset) * tick);
  const places = asset === PURR ? 3 : 0;
  const size = asset === PURR ? String(lots * lot) : String(Math.round(lots * lot * 1_000) / 1_000);
  return limit(asset, buys ? "buy" : "sell", px.toFixed(places), size, TIFS[tif] ?? "Gtc", { r: reduces && n < 20 });
}

/** Does what chance chose; what the venue refuses is part of it. */
function act(exchange: Exchange, it: Choice): void {
  const user = trader(it.who);
  const { asset, coin, price } = MARKETS[it.market] ?? MARKETS[0];
  const open = exchange.openOrders(user);
  const chosen = open[it.n % Math.max(1, open.length)];
  switch (it.what) {
    case "order":
      exchange.order(user, [orderOf(exchange, it)]);
      break;
    case "trigger": {
      const { p, s } = orderOf(exchange, it);
      const order = stop(asset, it.buys ? "buy" : "sell", p, s, it.offset > 0 === it.buys ? "sl" : "tp", { r: it.reduces });
      exchange.order(user, [order], it.n % 2 === 0 ? "na" : "positionTpsl");
      break;
    }
    case "cancel":
      if (chosen !== undefined) exchange.cancel(user, [{ a: asset, o: chosen.oid }]);
      break;
    case "modify":
      if (chosen !== undefined) exchange.modify(user, { oid: chosen.oid, order: orderOf(exchange, it) });
      break;
    case "oracle": {
      const from = it.reduces ? price : Number(exchange.mids()[coin]);
      exchange.setOracle(coin, (from * (1 + it.offset / (it.reduces ? 60 : 250))).toFixed(asset === PURR ? 4 : 0));
      break;
    }
    case "wait":
      exchange.advance(exchange.now + (it.reduces ? HOUR : it.n * MINUTE));
      break;
    case "leverage":
      exchange.updateLeverage(user, asset, it.reduces, 1 + (it.n % 50));
      break;
    case "margin":
      exchange.updateIsolatedMargin(user, asset, BigInt(it.offset) * 10_000_000n);
      break;
    case "transfer":
      if (it.reduces) exchange.usdClassTransfer(user, String(it.lots), it.buys);
      else exchange.usdSend(user, trader((it.who + 1) % 4), String(it.lots));
  }
}

function begin(): Exchange {
  const exchange = smallExchange({ insurance: "500" });
  for (let n = 0; n < 4; n++) {
    exchange.usdClassTransfer(trader(n), "1000", false);
    exchange.depositToken(trader(n), "PURR", "20000");
  }
  return exchange;
}

test("whatever happens, money adds up, nobody owes, no book is crossed, reduce-only reduces and post-only never takes", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(choice, { minLength: 150, maxLength: 300 }), (choices) => {
      const exchange = begin();
      const reduceOnly = new Set<number>();
      const postOnly = new Set<number>();
      exchange.on((event) => {
        seen.add(event.kind);
        if (event.kind === "order" && event.update.order.reduceOnly) reduceOnly.add(event.update.order.oid);
        if (event.kind === "order" && event.update.order.tif === "Alo") postOnly.add(event.update.order.oid);
        if (event.kind === "fill" && postOnly.has(event.fill.oid)) expect(event.fill.crossed).toBe(false);
        if (event.kind === "fill" && event.fill.liquidation !== undefined) seen.add(event.fill.liquidation.method);
        if (event.kind === "fill" && reduceOnly.has(event.fill.oid)) {
          const before = Number(event.fill.startPosition);
          const after = before + (event.fill.side === "B" ? 1 : -1) * Number(event.fill.sz);
          expect(Math.abs(after)).toBeLessThan(Math.abs(before));
          expect(after * before).toBeGreaterThanOrEqual(0);
        }
      });
      for (const it of choices) {
        act(exchange, it);
        exchange.audit();
        for (let n = 0; n < 4; n++) expect(exchange.accountValue(trader(n))).not.toMatch(/^-/);
      }
    }),
    { numRuns: 80, seed: 5 },
  );
  expect([...seen].sort()).toEqual(["backstop", "book", "fill", "funding", "ledger", "liquidation", "market", "order", "trade"]);
});

test("an exchange that was saved and loaded goes on exactly as the one that was not", () => {
  fc.assert(
    fc.property(
      fc.array(choice, { minLength: 5, maxLength: 60 }),
      fc.array(choice, { minLength: 5, maxLength: 40 }),
      (before, after) => {
        const exchange = begin();
        for (const it of before) act(exchange, it);
        const twin = Exchange.restore(JSON.parse(JSON.stringify(exchange.snapshot())));
        expect(canonicalJson(twin.snapshot())).toBe(canonicalJson(exchange.snapshot()));
        for (const it of after) {
          act(exchange, it);
          act(twin, it);
        }
        expect(JSON.stringify(twin.snapshot())).toBe(JSON.stringify(exchange.snapshot()));
      },
    ),
    { numRuns: 30, seed: 5 },
  );
});

test("the book takes by price and then by time, as a plain list that is sorted anew each time does", () => {
  const order = fc.record({
    who: fc.nat(3),
    buys: fc.boolean(),
    px: fc.integer({ min: 2_990, max: 3_010 }),
    lots: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(order, { maxLength: 60 }), (orders) => {
      const exchange = smallExchange();
      for (let n = 0; n < 4; n++) exchange.deposit(trader(n), "100000000");
      const trades: string[] = [];
      exchange.on((event) => {
        if (event.kind !== "trade") return;
        const [buyer, seller] = event.trade.users;
        trades.push(`${event.trade.px} ${event.trade.sz} ${buyer} ${seller}`);
      });
      const list: { who: number; buys: boolean; px: number; lots: number; at: number }[] = [];
      const expected: string[] = [];
      for (const [at, it] of orders.entries()) {
        exchange.order(trader(it.who), [limit(ETH, it.buys ? "buy" : "sell", String(it.px), `${it.lots}`)]);
        let left = it.lots;
        while (left > 0) {
          const [best] = list
            .filter((other) => other.buys !== it.buys && (it.buys ? other.px <= it.px : other.px >= it.px))
            .sort((a, b) => (it.buys ? a.px - b.px : b.px - a.px) || a.at - b.at);
          if (best === undefined) break;
          const size = Math.min(left, best.lots);
          if (best.who !== it.who) {
            const [buyer, seller] = it.buys ? [it.who, best.who] : [best.who, it.who];
            expected.push(`${best.px} ${size} ${trader(buyer)} ${trader(seller)}`);
            left -= size;
            best.lots -= size;
          }
          if (best.who === it.who || best.lots === 0) list.splice(list.indexOf(best), 1);
        }
        if (left > 0) list.push({ ...it, lots: left, at });
      }
      expect(trades).toEqual(expected);
    }),
    { numRuns: 100, seed: 5 },
  );
});
