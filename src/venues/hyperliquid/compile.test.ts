import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { tradingAction } from "../../protocols/hyperliquid/actions.ts";
import { isOnGrid } from "../../protocols/hyperliquid/format-price.ts";
import { compileHyperliquid } from "./compile.ts";
import { readHyperliquidIntent } from "./intents.ts";
import type { HyperliquidObservation } from "./observation.ts";
import type { HyperliquidScope } from "./scope.ts";
import { sampleOrder, sampleScope, sampleSeen } from "./testing/sample-account.ts";

const compile = (item: unknown, seen: HyperliquidObservation, scope: HyperliquidScope = sampleScope) =>
  compileHyperliquid(readHyperliquidIntent(item, "hl"), seen, scope).map((action) => {
    if (action.rail !== "hyperliquid") throw new Error("another rail");
    return action.action;
  });
const problem = (name: string) => expect.objectContaining({ code: "INTENT_NOT_VALID", problem: name });

const long = await sampleSeen({ withdrawable: "8750", positions: [{ coin: "BTC", size: "0.05" }] });
const short = await sampleSeen({ withdrawable: "8750", positions: [{ coin: "BTC", size: "-0.05" }] });
const flat = await sampleSeen({ usdc: "1000", btc: "0.0123456" });

const order = (more: object) => ({ kind: "order", market: "BTC:perp", type: "market", ...more });
const wire = (more: object) => ({ a: 0, b: true, p: "50250", s: "0.02", r: false, t: { limit: { tif: "Ioc" } }, ...more });

test("a market order opens at the slippage from the oracle's price, on the leverage that the mandate wants, with exact keys", () => {
  expect(compile(order({ side: "buy", size: "0.02" }), flat)).toEqual([
    { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 },
    { type: "order", orders: [wire({})], grouping: "na" },
  ]);
  expect(compile(order({ side: "sell", size: "0.02" }), flat).at(-1)).toEqual({
    type: "order",
    orders: [wire({ b: false, p: "49750" })],
    grouping: "na",
  });
});

test.each([
  ["usd", "1000", "0.02"],
  ["share", "0.1", "0.02323"],
])("an order by %s is sized at the oracle's price, in whole lots rounded down", (key, value, size) => {
  expect(compile(order({ side: "buy", [key]: value }), flat).at(-1)).toMatchObject({ orders: [{ s: size }] });
});

test("a limit buy is rounded down and a limit sell up, so that neither is worse than was asked", () => {
  const limit = (side: string) => ({ ...order({ side, size: "0.02" }), type: "limit", price: "50000.7" });
  expect(compile(limit("buy"), flat).at(-1)).toMatchObject({ orders: [{ p: "50000", t: { limit: { tif: "Gtc" } } }] });
  expect(compile(limit("sell"), flat).at(-1)).toMatchObject({ orders: [{ p: "50001" }] });
  expect(compile({ ...limit("buy"), tif: "alo" }, flat).at(-1)).toMatchObject({ orders: [{ t: { limit: { tif: "Alo" } } }] });
});

test.each([
  ["a long by selling", long, false],
  ["a short by buying", short, true],
])("close ends %s, reduce-only, with all of it and nothing else", (_, seen, buys) => {
  expect(compile({ kind: "close", market: "BTC:perp" }, seen)).toEqual([
    { type: "order", orders: [wire({ b: buys, p: buys ? "50250" : "49750", s: "0.05", r: true })], grouping: "na" },
  ]);
});

test("an order that turns a position round is two: all of it reduce-only, then what is left", () => {
  expect(compile(order({ side: "sell", size: "0.07" }), long)).toEqual([
    { type: "order", orders: [wire({ b: false, p: "49750", s: "0.05", r: true })], grouping: "na" },
    { type: "order", orders: [wire({ b: false, p: "49750", s: "0.02", r: false })], grouping: "na" },
  ]);
  expect(compile(order({ side: "sell", size: "0.07", reduce_only: true }), long)).toMatchObject([
    { orders: [{ s: "0.05", r: true }] },
  ]);
});

test("a position on more leverage than is wanted is brought down before it grows; one on less stays", async () => {
  const at = (leverage: number) => sampleSeen({ positions: [{ coin: "BTC", size: "0.05", leverage }] });
  const kinds = async (leverage: number) =>
    compile(order({ side: "buy", size: "0.02" }), await at(leverage)).map(({ type }) => type);
  expect(await kinds(5)).toEqual(["updateLeverage", "order"]);
  expect(await kinds(1)).toEqual(["order"]);
});

test("a position on the other kind of margin is only closed", async () => {
  const cross = await sampleSeen({ positions: [{ coin: "BTC", size: "0.05", mode: "cross" }] });
  expect(() => compile(order({ side: "buy", size: "0.02" }), cross)).toThrow(problem("NO_MARKET"));
  expect(compile({ kind: "close", market: "BTC:perp" }, cross)).toHaveLength(1);
});

test("spot is sold within the balance, in whole lots, and has no reduce-only flag", () => {
  expect(compile({ ...order({ side: "sell", size: "1" }), market: "BTC:spot" }, flat)).toEqual([
    { type: "order", orders: [wire({ a: 10_142, b: false, p: "49750", s: "0.01234" })], grouping: "na" },
  ]);
  const none = { ...flat, positions: [] };
  const buy = { ...order({ side: "buy", size: "1", reduce_only: true }), market: "BTC:spot" };
  expect(() => compile(buy, flat)).toThrow(problem("NO_POSITION"));
  expect(() => compile({ ...order({ side: "sell", size: "1" }), market: "BTC:spot" }, none)).toThrow(problem("NO_POSITION"));
});

test("a stop is a stop-limit within the slippage of its trigger, reduce-only, opposite to the position", () => {
  expect(compile({ kind: "stop", market: "BTC:perp", trigger: "45000.4" }, long)).toEqual([
    {
      type: "order",
      orders: [
        wire({ b: false, p: "44776", s: "0.05", r: true, t: { trigger: { isMarket: false, triggerPx: "45001", tpsl: "sl" } } }),
      ],
      grouping: "na",
    },
  ]);
  expect(compile({ kind: "take_profit", market: "BTC:perp", trigger: "45000", size: "0.02" }, short)).toEqual([
    {
      type: "order",
      orders: [wire({ b: true, p: "45225", r: true, t: { trigger: { isMarket: false, triggerPx: "45000", tpsl: "tp" } } })],
      grouping: "na",
    },
  ]);
});

test("a stop on the wrong side of the price, or without a position, is none", () => {
  expect(() => compile({ kind: "stop", market: "BTC:perp", trigger: "55000" }, long)).toThrow(problem("BAD_PRICE"));
  expect(() => compile({ kind: "take_profit", market: "BTC:perp", trigger: "55000" }, short)).toThrow(problem("BAD_PRICE"));
  expect(() => compile({ kind: "stop", market: "BTC:perp", trigger: "45000" }, flat)).toThrow(problem("NO_POSITION"));
});

test("orders are cancelled by number, by cloid, or all of a market", async () => {
  const seen = await sampleSeen({ orders: [sampleOrder(7), sampleOrder(8), sampleOrder(9, { coin: "ETH" })] });
  const cloid = "0x0123456789abcdef0123456789abcdef";
  expect(compile({ kind: "cancel", market: "BTC:perp" }, seen)).toEqual([
    {
      type: "cancel",
      cancels: [
        { a: 0, o: 7 },
        { a: 0, o: 8 },
      ],
    },
  ]);
  expect(compile({ kind: "cancel", market: "ETH:perp", order: 9 }, seen)).toEqual([
    { type: "cancel", cancels: [{ a: 1, o: 9 }] },
  ]);
  expect(compile({ kind: "cancel", market: "BTC:perp", cloid }, seen)).toEqual([
    { type: "cancelByCloid", cancels: [{ asset: 0, cloid }] },
  ]);
  expect(() => compile({ kind: "cancel", market: "BTC:perp" }, flat)).toThrow(problem("NO_ORDER"));
});

test("dollars move between the classes only where somebody here may move them", () => {
  const move = { kind: "transfer", usd: "12.3456789", to: "spot" };
  expect(compile(move, flat)).toEqual([{ type: "usdClassTransfer", amount: "12.345678", toPerp: false }]);
  expect(() => compile(move, flat, { ...sampleScope, transfers: false })).toThrow(problem("NO_KEY"));
});

test("nothing is opened upon a stale state, and closing passes", () => {
  const stale = { ...long, stale: { reason: "the venue does not answer", age: 90_000 } };
  for (const item of [
    order({ side: "buy", size: "0.02" }),
    order({ side: "sell", size: "0.07" }),
    { kind: "set_leverage", market: "BTC:perp", leverage: 2, margin: "isolated" },
    { kind: "transfer", usd: "5", to: "spot" },
  ]) {
    expect(() => compile(item, stale)).toThrow(problem("STALE"));
  }
  expect(compile({ kind: "close", market: "BTC:perp" }, stale)).toHaveLength(1);
  expect(compile(order({ side: "sell", size: "0.02" }), stale)).toMatchObject([{ orders: [{ r: true }] }]);
});

test.each([
  ["no size", { kind: "order", market: "BTC:perp", side: "buy", type: "market" }],
  ["two sizes", order({ side: "buy", size: "1", usd: "5" })],
  ["a limit without a price", { ...order({ side: "buy", size: "1" }), type: "limit" }],
  ["a negative size", order({ side: "buy", size: "-1" })],
  ["a size that is no number", order({ side: "buy", size: "NaN" })],
  ["a kind of market that does not exist", { ...order({ side: "buy", size: "1" }), market: "BTC:futures" }],
  ["a key that does not exist", order({ side: "buy", size: "1", builder: "0x1" })],
  ["another action", { kind: "withdraw", usd: "5" }],
])("%s is no intent", (_, item) => {
  expect(() => readHyperliquidIntent(item, "hl")).toThrow(problem("NOT_AN_INTENT"));
});

test("what a form says null of is left out, and a kind may say its side", () => {
  const said = {
    kind: "BUY",
    account: null,
    market: "hl/BTC:perp",
    size: "0.02",
    usd: null,
    share: null,
    type: "market",
    price: null,
    reduce_only: null,
    tif: null,
  };
  expect(readHyperliquidIntent(said, "hl")).toEqual(readHyperliquidIntent(order({ side: "buy", size: "0.02" }), "hl"));
  expect(readHyperliquidIntent({ kind: "take-profit", market: "BTC:perp", trigger: "5" }, "hl")).toMatchObject({
    kind: "take_profit",
  });
  expect(() => readHyperliquidIntent({ kind: "hold" }, "hl")).toThrow(problem("NOT_AN_INTENT"));
});

test("whatever is asked, a price is on the venue's grid and never worse than asked, and no reduction is larger than the position", () => {
  const text = (most: number, places: number) =>
    fc.integer({ min: 1, max: most * 10 ** places }).map((units) =>
      decimal(units)
        .div(10 ** places)
        .toFixed(),
    );
  const side = fc.constantFrom("buy", "sell");
  fc.assert(
    fc.property(
      side,
      text(2, 6),
      fc.option(text(90_000, 3)),
      fc.boolean(),
      fc.constantFrom(long, short, flat),
      (side, size, price, only, seen) => {
        const item = order({ side, size, reduce_only: only, ...(price === null ? {} : { type: "limit", price }) });
        let actions: ReturnType<typeof compile>;
        try {
          actions = compile(item, seen);
        } catch (error) {
          expect(error).toMatchObject({ code: "INTENT_NOT_VALID" });
          return;
        }
        const held = seen.positions.find(({ asset }) => asset === "hl/BTC:perp")?.size.abs() ?? decimal(0);
        for (const action of actions) {
          expect(tradingAction.safeParse(action).success).toBe(true);
          if (action.type !== "order") continue;
          for (const one of action.orders) {
            const worst = price === null ? decimal(side === "buy" ? "50250" : "49750") : decimal(price);
            expect(isOnGrid(decimal(one.p), { kind: "perp", sz_decimals: 5 })).toBe(true);
            expect(side === "buy" ? decimal(one.p).lte(worst) : decimal(one.p).gte(worst)).toBe(true);
            if (one.r) expect(decimal(one.s).lte(held)).toBe(true);
            else expect(only).toBe(false);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});
