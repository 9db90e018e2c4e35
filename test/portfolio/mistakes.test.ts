import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { DAY, HOUR, ManualClock } from "../../src/core/clock.ts";
import { decimal, ZERO } from "../../src/core/decimal.ts";
import { judge } from "../../src/mandate/judge.ts";
import { EXCHANGE_PRICES, exchangeEffects, exchangeOrder, exchangeTerms } from "../../src/mandate/testing/exchange-judging.ts";
import { budgetsWith, NOW } from "../../src/mandate/testing/judging.ts";
import { planOrders } from "../../src/planning/plan-orders.ts";
import { orderLine, orderRules } from "../../src/planning/testing/order-line.ts";
import { candles } from "../../src/protocols/hyperliquid/info-schemas.ts";
import { marketSignals } from "../../src/venues/hyperliquid/market-signals.ts";
import { changeOver, returnsOf, trendScore, yearlyVolatility } from "../../src/venues/hyperliquid/series-figures.ts";
import { sampleScope, sampleSeen } from "../../src/venues/hyperliquid/testing/sample-account.ts";
import { openHouse } from "../hyperliquid/support/trading-house.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const known = z
  .strictObject({
    about: z.string(),
    cases: z.record(z.string(), z.strictObject({ was: z.string(), held_by: z.array(z.tuple([z.string(), z.string()])).min(1) })),
    not_here_yet: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "mistakes.json"), "utf8")));

test.each(Object.entries(known.cases))("%s is held by tests that are there", (_, { held_by }) => {
  for (const [file, named] of held_by) expect(readFileSync(join(ROOT, file), "utf8"), file).toContain(named);
});

test("every mistake that is known is either held by a test or not possible here yet", () => {
  const all = [...Array.from({ length: 15 }, (_, i) => `B${i + 1}`), ...Array.from({ length: 14 }, (_, i) => `N${i + 1}`)];
  expect([...Object.keys(known.cases), ...Object.keys(known.not_here_yet)].toSorted()).toEqual(all.toSorted());
});

const targets = (weights: Readonly<Record<string, string>>) =>
  Object.entries(weights).map(([market, weight]) => ({
    account: "trader",
    asset: `hl/${market}` as const,
    weight: decimal(weight),
  }));

test("B3: an order that the venue refuses is a rejection with the venue's words, also where the one beside it is taken", async () => {
  await using house = await openHouse();
  const price = await house.price("BTC");
  const order = (at: number, tif: "Alo" | "Gtc") => ({
    ...{ a: 0, b: true, p: String(Math.round(price * at)), s: "0.005", r: false, t: { limit: { tif } } },
  });
  const set = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 } as const;
  const crossing = order(1.004, "Alo");
  const alone = await house.act(set, { type: "order", orders: [crossing], grouping: "na" });
  expect(alone).toMatchObject({
    kind: "rejected",
    reason: expect.stringMatching(/Post only order would have immediately matched/),
  });
  const both = await house.act({ type: "order", orders: [crossing, order(0.95, "Gtc")], grouping: "na" });
  expect(both).toMatchObject({ kind: "open" });
  expect(await house.info.openOrders(house.account.address)).toHaveLength(1);
});

test("B6, B7: what the targets leave out is closed, and that comes before anything is bought", () => {
  const lines = [orderLine("SOL:perp", "0", "100", { decimals: 2 }), orderLine("BTC:perp", "0.05", "100000")];
  const plan = planOrders(targets({ "SOL:perp": "0.5", USDC: "0.5" }), lines, orderRules);
  expect(plan.steps.map(({ intent }) => intent)).toMatchObject([
    { market: "hl/BTC:perp", side: "sell", size: decimal("0.05"), reduce_only: true },
    { market: "hl/SOL:perp", side: "buy", reduce_only: false },
  ]);
});

const opening = exchangeEffects({ moves: [{ do: "order", order: exchangeOrder({ size: "0.01" }) }] });
const codesOf = (high_water_usd: string | null) => {
  const terms = exchangeTerms({ stop_loss_pct: decimal(8) });
  const budgets = budgetsWith({ high_water_usd: high_water_usd === null ? null : decimal(high_water_usd) });
  const verdict = judge(terms, opening, EXCHANGE_PRICES, budgets, NOW);
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
};

test("B12: an account without a high, or with one of nothing, is judged and throws nothing", () => {
  expect(codesOf(null)).not.toContain("DRAWDOWN");
  expect(codesOf("0")).not.toContain("DRAWDOWN");
});

test("B12: what was lost today is not forgotten by a gateway that starts again", async () => {
  await using house = await openHouse();
  const price = await house.price("BTC");
  const order = {
    a: 0,
    b: true,
    p: String(Math.round(price * 1.005)),
    s: "0.01",
    r: false,
    t: { limit: { tif: "Ioc" } },
  } as const;
  const set = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 } as const;
  expect((await house.act(set, { type: "order", orders: [order], grouping: "na" })).kind).toBe("confirmed");
  const used = async () => {
    const { budgets } = await house.opened.gateway.state(house.opened.wallet);
    return budgets.find(({ budget }) => budget === "max_daily_loss_usd")?.used ?? ZERO;
  };
  const before = await used();
  expect(before.gt(ZERO)).toBe(true);
  await house.reopen();
  expect((await used()).eq(before)).toBe(true);
});

test("B13: a profit is no drawdown, and a fall beyond the stop is one", () => {
  const value = opening.exchange?.before.value_usd ?? ZERO;
  expect(codesOf(value.times("0.5").toFixed())).not.toContain("DRAWDOWN");
  expect(codesOf(value.toFixed())).not.toContain("DRAWDOWN");
  expect(codesOf(value.times("1.2").toFixed())).toContain("DRAWDOWN");
});

test("B14: what stopped the wallet stands after a restart", async () => {
  await using house = await openHouse();
  const price = String(Math.round((await house.price("BTC")) * 0.9));
  const order = { a: 0, b: true, p: price, s: "0.01", r: false, t: { limit: { tif: "Gtc" } } } as const;
  house.exchange.exchange.order(house.account.address, [order]);
  expect(await house.act({ type: "order", orders: [order], grouping: "na" })).toMatchObject({ kind: "refused" });
  await house.reopen();
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped?.code).toBe("FOREIGN_ORDER");
});

test.each([
  ["0.5", "0.45"],
  ["0.35", "0.3"],
  ["0.15", "0.1"],
])("N1: from %s to %s is exactly five points, and acts", (held, wanted) => {
  const lines = [orderLine("BTC:perp", decimal(held).times("0.1").toFixed(), "100000")];
  const cash = decimal(1).minus(wanted).toFixed();
  const { steps } = planOrders(targets({ "BTC:perp": wanted, USDC: cash }), lines, orderRules);
  expect(steps.map(({ intent }) => intent)).toMatchObject([{ side: "sell", size: decimal("0.005"), reduce_only: true }]);
});

test("N3: a change over the whole of a series is told, and over more than it is not known", () => {
  expect(changeOver([100, 90, 110], 2)).toBeCloseTo(0.1, 12);
  expect(changeOver([100, 90, 110], 3)).toBeNull();
});

test("N5: volatility is of a year, whatever the candles' length", () => {
  const steps = (n: number) => Array.from({ length: n }, (_, i) => 100 * Math.exp(i % 2 === 0 ? 0.01 : 0));
  const hourly = yearlyVolatility(returnsOf(steps(200)), 365 * 24) ?? 0;
  const fourHourly = yearlyVolatility(returnsOf(steps(200)), 365 * 6) ?? 0;
  expect(hourly).toBeCloseTo(0.01 * Math.sqrt(365 * 24), 1);
  expect(hourly / fourHourly).toBeCloseTo(2, 12);
  expect(yearlyVolatility([0.01, -0.01], 365)).toBeNull();
});

test("N7: the trend score never leaves its range", () => {
  const price = fc.double({ min: 0.0001, max: 1_000_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(price, { minLength: 25, maxLength: 80 }), (closes) => {
      const score = trendScore(closes) ?? 0;
      expect(Math.abs(score)).toBeLessThanOrEqual(1 + 1e-9);
    }),
  );
});

test("N4, N8: candles are asked for by their length, and belong to the coin that they were asked of, whichever answers first", async () => {
  const length = 4 * HOUR;
  const start = Date.UTC(2026, 0, 1);
  const count = 32 * 6;
  const asked: string[] = [];
  const series = (coin: string, interval: string) =>
    candles.parse(
      Array.from({ length: count }, (_, i) => {
        const price = String(coin === "BTC" ? 50_000 + i * 100 : 2_500 - i);
        const t = start + i * length;
        return { t, T: t + length - 1, s: coin, i: interval, o: price, c: price, h: price, l: price, v: "1", n: 1 };
      }),
    );
  const late: (() => void)[] = [];
  const info = {
    candles: async (coin: string, interval: string) => {
      asked.push(`${coin} ${interval}`);
      // The first to be asked is the last to answer.
      if (coin === "BTC") await new Promise<void>((resolve) => void late.push(resolve));
      else
        queueMicrotask(() => {
          for (const answer of late.splice(0)) answer();
        });
      return series(coin, interval);
    },
  };
  const { markets } = await sampleSeen();
  const perps = { "BTC:perp": sampleScope.markets["BTC:perp"], "ETH:perp": sampleScope.markets["ETH:perp"] };
  const scope = { markets: Object.fromEntries(Object.entries(perps).flatMap(([name, pin]) => (pin ? [[name, pin]] : []))) };
  const signals = marketSignals({ scope, info, clock: new ManualClock(start + 32 * DAY) });
  const { metrics } = await signals.read(markets.filter(({ asset }) => asset.endsWith(":perp")));
  expect(asked.toSorted()).toEqual(["BTC 4h", "ETH 4h"]);
  const rows = z.object({ price_change_pct: z.record(z.string(), z.string()) }).parse(metrics).price_change_pct;
  // Six candles of four hours are a day.
  expect(Number(rows["hl/BTC:perp"])).toBeCloseTo((100 * 600) / (50_000 + (count - 7) * 100), 3);
  expect(Number(rows["hl/ETH:perp"])).toBeCloseTo((-100 * 6) / (2_500 - (count - 7)), 3);
});
