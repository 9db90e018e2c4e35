import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { CrashPoint } from "../../src/gateway/crash-point.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { signOrder } from "../../src/gateway/operator/orders.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

function codes(outcome: Outcome): readonly string[] {
  return outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations.map(({ code }) => code) : [];
}

const leverage = (value: number): Trade => ({ type: "updateLeverage", asset: 0, isCross: false, leverage: value });
const margin = (usd: number): Trade => ({ type: "updateIsolatedMargin", asset: 0, isBuy: true, ntli: usd * 1_000_000 });

async function buy(house: TradingHouse, usd: number): Promise<Trade> {
  const price = await house.price("BTC");
  const orders = [
    {
      a: 0,
      b: true,
      p: String(Math.round(price * 1.002)),
      s: String(Number((usd / price).toFixed(4))),
      r: false,
      t: { limit: { tif: "Ioc" as const } },
    },
  ];
  return { type: "order", orders, grouping: "na" };
}

async function freeze({ opened: { desk }, operatorKey }: TradingHouse): Promise<void> {
  if (!desk || !operatorKey) throw new TypeError("no operator");
  await operatorAt(desk, operatorKey).freeze("enough");
}

async function marginOf(house: TradingHouse): Promise<number> {
  const { assetPositions } = await house.info.perpState(house.account.address);
  return assetPositions[0]?.position.marginUsed.toNumber() ?? 0;
}

/** With a position of about 800 dollars at leverage 2. */
async function withPosition(): Promise<TradingHouse> {
  const house = await openHouse({
    operated: true,
    written: { max_margin_at_risk_usd: "700", min_liquidation_distance_pct: "5" },
  });
  expect((await house.act(leverage(2))).kind).toBe("confirmed");
  expect((await house.act(await buy(house, 800))).kind).toBe("confirmed");
  return house;
}

test("margin that is put in is at risk, whatever is taken out after it in the same request", async () => {
  await using house = await withPosition();
  const before = await marginOf(house);
  expect((await house.act(margin(3_000), margin(-3_001))).kind).toBe("refused");
  expect(await marginOf(house)).toBe(before);
});

test("a lower leverage draws in margin, and is held to what may be at risk", async () => {
  await using house = await withPosition();
  expect(codes(await house.act(leverage(1)))).toContain("MARGIN_AT_RISK");
});

test("leverage that is set after an order does not speak for it", async () => {
  await using house = await openHouse({ written: { max_margin_at_risk_usd: "300" } });
  expect((await house.act(leverage(1))).kind).toBe("confirmed");
  expect((await house.act(await buy(house, 500), leverage(2))).kind).toBe("refused");
  expect(await marginOf(house)).toBe(0);
});

test("margin that is moved by nothing, and a scheduled cancel that is none, pass no freeze", async () => {
  await using house = await withPosition();
  await freeze(house);
  expect(codes(await house.act(margin(0)))).toContain("ACTION_NOT_ALLOWED");
  expect(codes(await house.act({ type: "scheduleCancel" }))).toContain("FROZEN");
});

/** Stops of the whole position, in the venue's own group. */
async function follows(house: TradingHouse, size: string, slip: number, change: object = {}): Promise<Trade> {
  const price = await house.price("BTC");
  const one = (away: number, tpsl: "sl" | "tp") => {
    const trigger = { isMarket: false, triggerPx: String(Math.round(price * away)), tpsl };
    return { a: 0, b: false, p: String(Math.round(price * away * (1 - slip))), s: size, r: true, t: { trigger }, ...change };
  };
  return { type: "order", orders: [one(0.95, "sl"), one(1.05, "tp")], grouping: "positionTpsl" };
}

async function held(house: TradingHouse): Promise<string> {
  const { assetPositions } = await house.info.perpState(house.account.address);
  return assetPositions[0]?.position.szi.toFixed() ?? "0";
}

test("stops of the whole position are signed where they say its size, and close all of it, what was added since too", async () => {
  await using house = await withPosition();
  const size = await held(house);
  expect((await house.act(await follows(house, size, 0.005))).kind).toBe("open");
  expect((await house.act(await buy(house, 300))).kind).toBe("confirmed");
  expect(Number(await held(house))).toBeGreaterThan(Number(size));
  const price = await house.price("BTC");
  house.exchange.exchange.setOracle("BTC", String(Math.round(price * 0.949)));
  await house.exchange.advance((await house.exchange.now()) + 10 * MINUTE);
  await house.settle();
  expect(await held(house)).toBe("0");
  const state = await house.opened.gateway.state(house.opened.wallet);
  expect(state.open).toEqual([]);
  expect(state.stopped).toBeNull();
});

test("a stop of the whole position is of its size, reduces, names its limit, and is not changed in its place", async () => {
  await using house = await withPosition();
  const size = await held(house);
  expect(codes(await house.act(await follows(house, "0.0011", 0.005)))).toContain("ACTION_NOT_ALLOWED");
  expect(codes(await house.act(await follows(house, size, 0.005, { r: false })))).toContain("ACTION_NOT_ALLOWED");
  expect(codes(await house.act(await follows(house, size, 0.005, { b: true })))).toContain("ACTION_NOT_ALLOWED");
  expect(codes(await house.act(await follows(house, size, 0.05)))).toContain("SLIPPAGE");
  expect((await house.act(await follows(house, size, 0.005))).kind).toBe("open");
  const [resting] = await house.info.openOrders(house.account.address);
  const { orders } = (await follows(house, size, 0.005)) as Extract<Trade, { type: "order" }>;
  const [order] = orders;
  if (!resting || !order) return expect.unreachable("it rests");
  expect(codes(await house.act({ type: "modify", oid: resting.oid, order }))).toContain("ACTION_NOT_ALLOWED");
});

test("stops that wait for the order before them cannot be looked up, and are not signed", async () => {
  await using house = await withPosition();
  const parent = await buy(house, 300);
  const child = await follows(house, "0.001", 0.005);
  if (parent.type !== "order" || child.type !== "order") return expect.unreachable("they are orders");
  const grouped = await house.act({ ...parent, orders: [...parent.orders, ...child.orders], grouping: "normalTpsl" });
  expect(codes(grouped)).toContain("ACTION_NOT_ALLOWED");
});

test("a stop whose trigger is met already is judged as the order at the market that it is", async () => {
  await using house = await withPosition();
  const price = await house.price("BTC");
  const trigger = { isMarket: false, triggerPx: String(Math.round(price * 0.5)), tpsl: "tp" as const };
  const order = { a: 0, b: false, p: String(Math.round(price * 0.497)), s: "0.002", r: true, t: { trigger } };
  expect(codes(await house.act({ type: "order", orders: [order], grouping: "na" }))).toContain("SLIPPAGE");
});

test("cancels of nothing make no room for more open orders", async () => {
  await using house = await openHouse({ written: { max_open_orders: "2" } });
  await house.act(leverage(2));
  const price = await house.price("BTC");
  const far = { a: 0, b: true, p: String(Math.round(price * 0.9)), s: "0.0002", r: false, t: { limit: { tif: "Gtc" as const } } };
  const cancels = [1, 2, 3].map((o) => ({ a: 0, o: 1_000_000_000 + o }));
  const outcome = await house.act({ type: "order", orders: [far, far, far], grouping: "na" }, { type: "cancel", cancels });
  expect(codes(outcome)).toContain("OPEN_ORDERS");
});

test("a freeze that comes while an order is signed keeps it from the venue", async () => {
  let order: (() => Promise<unknown>) | null = null;
  let frozen: Promise<unknown> | null = null;
  const crash = (at: CrashPoint) => {
    if (at === "after-sign") frozen ??= order?.() ?? null;
  };
  await using house = await openHouse({ operated: true, crash });
  await house.act(leverage(2));
  const { desk } = house.opened;
  if (!desk || !house.operatorKey) throw new TypeError("no operator");
  const signed = signOrder(house.operatorKey, await desk.hello(), "Freeze", { why: "enough" });
  order = () => desk.perform("Freeze", signed);
  expect(await house.act(await buy(house, 100))).toMatchObject({ kind: "released", reason: "it was never signed" });
  expect(await frozen).toMatchObject({ stopped: { code: "FROZEN_BY_OPERATOR" } });
  expect(await marginOf(house)).toBe(0);
  expect(codes(await house.act(await buy(house, 100)))).toContain("FROZEN");
});

test("an order that rests is gone as soon as the operator freezes", async () => {
  await using house = await openHouse({ operated: true });
  await house.act(leverage(2));
  const price = await house.price("BTC");
  const far = { a: 0, b: true, p: String(Math.round(price * 0.9)), s: "0.002", r: false, t: { limit: { tif: "Gtc" as const } } };
  expect((await house.act({ type: "order", orders: [far], grouping: "na" })).kind).toBe("open");
  expect(await house.info.openOrders(house.account.address)).toHaveLength(1);
  await freeze(house);
  expect(await house.info.openOrders(house.account.address)).toEqual([]);
});
