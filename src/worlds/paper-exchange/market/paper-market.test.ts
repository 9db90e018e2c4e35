import { expect, test } from "vitest";
import { DAY, HOUR } from "../../../core/clock.ts";
import { canonicalJson } from "../../../core/json.ts";
import { Exchange } from "../engine/exchange.ts";
import { BTC, limit, START, smallExchange, trader } from "../engine/testing/small-exchange.ts";
import { PaperMarket } from "./paper-market.ts";
import { MarketFileError, readBooks, readCandles } from "./read-market-file.ts";
import { BookSource, CandleSource } from "./replay-sources.ts";
import { SeededSource } from "./seeded-source.ts";

function seeded(seed: string) {
  const markets = [
    { coin: "BTC", price: 100_000, annualVolatility: 0.6 },
    { coin: "ETH", price: 3_000, annualVolatility: 0.8 },
    { coin: "PURR/USDC", price: 0.2, annualVolatility: 1, depth: { levelUsd: 500 } },
  ];
  const exchange = smallExchange();
  return { exchange, market: new PaperMarket(exchange, new SeededSource({ seed, start: START, markets })) };
}

test("a seeded month moves through regimes, trades, pays funding and adds up, the same for the same seed", () => {
  const run = () => {
    const { exchange, market } = seeded("month");
    for (let at = START + HOUR; at <= START + 30 * DAY; at += HOUR) market.step(at);
    exchange.audit();
    return exchange;
  };
  const [one, two] = [run(), run()];
  expect(canonicalJson(two.snapshot())).toBe(canonicalJson(one.snapshot()));
  const hours = one.candles("BTC", "1h", START, START + 30 * DAY);
  expect(hours.length).toBeGreaterThan(700);
  expect(hours.filter(({ n }) => n > 0).length).toBeGreaterThan(600);
  const rates = one.fundingHistory("BTC").map(({ fundingRate }) => Number(fundingRate));
  expect(rates.length).toBe(720);
  expect(Math.max(...rates)).toBeGreaterThan(0);
  expect(new Set(rates).size).toBeGreaterThan(100);
  const book = one.book("BTC");
  for (const side of book?.levels ?? [[], []]) expect(side.length).toBeGreaterThan(0);
});

test("another seed is another market", () => {
  const mids = ["a", "b"].map((seed) => {
    const { exchange, market } = seeded(seed);
    market.step(START + HOUR);
    return exchange.mids().BTC;
  });
  expect(mids[0]).not.toBe(mids[1]);
});

test("a market that was saved and loaded goes on as it would have", () => {
  const { exchange, market } = seeded("saved");
  for (let n = 1; n <= 50; n++) market.step(START + n * HOUR);
  const twin = Exchange.restore(JSON.parse(JSON.stringify(exchange.snapshot())));
  const source = new SeededSource({
    seed: "saved",
    start: START,
    markets: [
      { coin: "BTC", price: 100_000, annualVolatility: 0.6 },
      { coin: "ETH", price: 3_000, annualVolatility: 0.8 },
      { coin: "PURR/USDC", price: 0.2, annualVolatility: 1, depth: { levelUsd: 500 } },
    ],
  });
  const other = new PaperMarket(twin, source);
  other.load(JSON.parse(JSON.stringify(market.save())));
  for (let n = 51; n <= 80; n++) {
    market.step(START + n * HOUR);
    other.step(START + n * HOUR);
  }
  expect(JSON.stringify(twin.snapshot())).toBe(JSON.stringify(exchange.snapshot()));
});

test("a user's limit order is taken when the market goes through it", () => {
  const candles = readCandles("t,o,h,l,c,v\n0,100000,100000,99000,99000,10\n3600000,99000,99000,97000,97000,10\n");
  const exchange = smallExchange();
  const at = candles.map((it) => ({ ...it, t: it.t + START }));
  const market = new PaperMarket(exchange, new CandleSource([{ coin: "BTC", candles: at }], START));
  market.step(START + 1);
  expect(exchange.order(trader(0), [limit(BTC, "buy", "98000", "0.01")])).toEqual([{ resting: { oid: expect.any(Number) } }]);
  market.step(START + HOUR);
  expect(exchange.fills(trader(0))).toEqual([]);
  market.step(START + 2 * HOUR);
  expect(exchange.fills(trader(0)).map(({ px, crossed }) => [px, crossed])).toEqual([["98000", false]]);
});

test("a recorded book stands on the exchange as it was recorded", () => {
  const line = (time: number, bid: string, ask: string) =>
    JSON.stringify({ coin: "ETH", time, levels: [[{ px: bid, sz: "1.5", n: 1 }], [{ px: ask, sz: "2", n: 3 }]] });
  const books = readBooks(`${line(START, "2999", "3001")}\n${line(START + HOUR, "3099", "3101")}`);
  const exchange = smallExchange();
  const market = new PaperMarket(exchange, new BookSource(books));
  market.step(START + 1);
  expect(exchange.book("ETH")?.levels).toEqual([[{ px: "2999", sz: "1.5", n: 1 }], [{ px: "3001", sz: "2", n: 1 }]]);
  market.step(START + HOUR);
  expect(exchange.mids().ETH).toBe("3100");
});

test("candles that cannot be are refused with what is wrong", () => {
  expect(() => readCandles("t,o,h,l,c,v\n0,1,1,1,2,0\n1,1,1,1,1,0")).toThrow(MarketFileError);
  expect(() => readCandles('[{"t":2,"o":1,"h":1,"l":1,"c":1,"v":0},{"t":1,"o":1,"h":1,"l":1,"c":1,"v":0}]')).toThrow(/not after/);
  expect(() => readBooks("{}")).toThrow(MarketFileError);
});
