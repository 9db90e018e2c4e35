import { expect, test } from "vitest";
import { HOUR, ManualClock } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { GatewayState, Outcome, Request } from "../../gateway/contract.ts";
import { parseSample } from "../../mandate/testing/sample-mandate.ts";
import type { Verdict } from "../../mandate/verdict.ts";
import type { Action, Effects } from "../../protocols/effects.ts";
import { hyperliquidVenue } from "../../venues/hyperliquid/hyperliquid-venue.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../venues/hyperliquid/observation.ts";
import { NOW, type Sample, sampleOrder, sampleReads, sampleScope } from "../../venues/hyperliquid/testing/sample-account.ts";
import { Bundles } from "../bundles.ts";
import { memoryStateStore } from "../file-state-store.ts";
import { candleHistory } from "../history/candles.ts";
import type { ToolContext } from "../tool-context.ts";
import { ToolDesk } from "../tool-desk.ts";
import { HYPERLIQUID_TOOLS } from "./hyperliquid-tools.ts";

const NONE: Effects = {
  ...{ deltas: [], allowances: [], payments: [], unfloored: [], pools: [], calls: [], gas: [] },
  ...{ deadline: null, unknown: [], before: [], block: null, evidence: "" },
};
const ALLOWED: Verdict = {
  kind: "allow",
  effects: NONE,
  left: [],
  atWorst: {
    class: "spend",
    ...{ spend_usd: decimal(0), loss_usd: decimal(0), exit_loss_usd: decimal(0), gas_usd: decimal(0), exit_gas_usd: decimal(0) },
    ...{ buys_usd: decimal(0), sells_usd: decimal(0), spend_units: {}, value_usd: null },
  },
};

/** The sample account behind the venue, and a gateway that allows everything and keeps what it was asked. */
function desk(sample: Partial<Sample> = {}) {
  const clock = new ManualClock(NOW);
  const venue = hyperliquidVenue({ scope: sampleScope, info: sampleReads(sample), clock });
  const { terms, brief } = parseSample();
  const previewed: Action[] = [];
  const acted: HyperliquidIntent[] = [];
  const state = { lease: 1, cycle: 1 } as GatewayState;
  const candle = (hour: number) => ({
    t: NOW - (hour + 1) * HOUR,
    T: NOW - hour * HOUR - 1,
    s: "BTC",
    i: "1h",
    v: decimal(1),
    n: 1,
  });
  const context: ToolContext<HyperliquidIntent, HyperliquidObservation> = {
    mandate: { terms, brief },
    ...{ venue, clock, wallet: "wallet:0x1", store: memoryStateStore(), note: async () => undefined },
    gateway: {
      state: async () => state,
      preview: async ({ actions }: Request) => {
        previewed.push(...actions);
        return ALLOWED;
      },
    },
    act: async (intents) => {
      acted.push(...intents);
      return intents.map((): Outcome => ({ kind: "confirmed", key: "k", done: [], awaits: [], transactions: [], reason: null }));
    },
    history: candleHistory({
      scope: sampleScope,
      clock,
      info: {
        candles: async () =>
          Array.from({ length: 30 }, (_, i) => ({
            ...candle(29 - i),
            o: decimal(100),
            c: decimal(100 + i),
            h: decimal(101 + i),
            l: decimal(99 + i),
          })),
      },
    }),
    bundles: new Bundles({ wallet: "wallet:0x1", network: terms.network, agent: terms.id }),
  };
  const tools = new ToolDesk({ tools: HYPERLIQUID_TOOLS });
  return { previewed, acted, call: (name: string, args: unknown = {}) => tools.call(name, args, context) };
}

const LONG = { positions: [{ coin: "BTC", size: "0.1" }] } as const;

test("prices, funding, positions and orders are read of the mandate's markets alone", async () => {
  const { call } = desk({ ...LONG, orders: [sampleOrder(7)] });
  expect((await call("get_price", { market: "btc" })).data).toMatchObject({
    asset: "hl/BTC:perp",
    price_usd: "50000",
    age_seconds: 0,
  });
  expect((await call("get_funding")).data).toMatchObject({
    markets: [{ asset: "hl/BTC:perp", funding_hour: "0.0000125", funding_year_pct: "10.95" }, { asset: "hl/ETH:perp" }],
  });
  expect((await call("list_positions")).data).toMatchObject({
    positions: [{ market: "hl/BTC:perp", size: "0.1", leverage: "2 isolated" }],
  });
  expect((await call("get_open_orders", { market: "BTC:perp" })).data).toMatchObject({
    orders: [{ order: 7, side: "buy", price_usd: "49000" }],
  });
  expect((await call("get_price", { market: "DOGE" })).error).toMatchObject({ code: "token_not_allowed" });
});

test("an order is previewed as the venue's own bytes, and a dry run stops there", async () => {
  const { call, previewed, acted } = desk();
  const result = await call("place_order", { market: "BTC", side: "buy", usd: "1000", dry_run: true });
  expect(result).toMatchObject({ status: "simulated", error: null });
  expect(previewed.length).toBeGreaterThan(0);
  expect(previewed.every(({ rail }) => rail === "hyperliquid")).toBe(true);
  expect(acted).toEqual([]);
  expect(await call("place_order", { market: "BTC", side: "buy", usd: "1000" })).toMatchObject({ status: "success" });
  expect(acted).toMatchObject([{ kind: "order", market: "hl/BTC:perp", side: "buy", type: "market" }]);
});

test.each<[string, object, string]>([
  ["close_position", { market: "BTC" }, "close"],
  ["place_stop", { market: "BTC", trigger: "45000" }, "stop"],
  ["place_take_profit", { market: "BTC", trigger: "60000" }, "take_profit"],
  ["cancel_order", { market: "BTC", order: 7 }, "cancel"],
  ["set_leverage", { market: "ETH", leverage: 3 }, "set_leverage"],
  ["transfer_usd", { usd: "10", to: "spot" }, "transfer"],
])("%s acts as the intent that it is", async (name, args, kind) => {
  const { call, acted } = desk({ ...LONG, orders: [sampleOrder(7)] });
  expect(await call(name, args)).toMatchObject({ status: "success" });
  expect(acted).toMatchObject([{ kind }]);
});

test.each<[string, object]>([
  ["place_order", { market: "BTC", side: "buy" }],
  ["place_order", { market: "BTC", side: "buy", size: "1", usd: "5" }],
  ["place_order", { market: "BTC", side: "buy", size: "1", type: "limit" }],
  ["place_order", { market: "BTC", side: "buy", size: 1 }],
  ["place_order", { market: "BTC", side: "buy", size: "1e9" }],
  ["set_leverage", { market: "BTC", leverage: 2.5 }],
  ["place_stop", { market: "BTC", trigger: "45000", extra: 1 }],
])("%s refuses %j before anything is read", async (name, args) => {
  const { call, acted } = desk(LONG);
  expect((await call(name, args)).error).toMatchObject({ code: "validation_error" });
  expect(acted).toEqual([]);
});

test("indicators come from the venue's candles, with their source and age", async () => {
  const { call } = desk();
  const { data } = await call("get_indicator", { token: "BTC", indicator: "sma", period: 3 });
  expect(data).toMatchObject({ asset: "hl/BTC:perp", values: { value: "128" }, source: "1h candles of BTC", points: 30 });
  expect((await call("get_indicator", { token: "BTC", indicator: "atr", period: 5 })).data).toMatchObject({
    values: { value: "2" },
  });
  expect((await call("get_indicator", { token: "BTC", indicator: "macd" })).error).toMatchObject({
    code: "insufficient_history",
  });
});
