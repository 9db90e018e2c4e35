import { expect, test } from "vitest";
import type { HomeEvent } from "../../src/agent/bring-home.ts";
import { bringBack, takeCharge } from "../../src/cli/operator/flatten-mandate.ts";
import { MINUTE, SECOND } from "../../src/core/clock.ts";
import type { Request } from "../../src/gateway/contract.ts";
import { GatewayError } from "../../src/gateway/gateway-error.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import type { Action, HyperliquidAction } from "../../src/protocols/effects.ts";
import { WEIGHT_A_MINUTE } from "../../src/protocols/hyperliquid/request-weights.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

/** Calls of the flood. */
const CALLS = 5_000;

/** One reading of BTC's price: the venue counts whoever asks from this address. */
function orders(price: number) {
  const one = (b: boolean, at: number, s: string, r: boolean, tif: "Ioc" | "Gtc"): Trade => ({
    type: "order",
    orders: [{ a: 0, b, p: String(Math.round(price * at)), s, r, t: { limit: { tif } } }],
    grouping: "na",
  });
  return {
    buy: one(true, 1.005, "0.01", false, "Ioc"),
    rest: one(true, 0.9, "0.002", false, "Gtc"),
    close: (size: string) => one(false, 0.993, size, true, "Ioc"),
  };
}

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };

function requestOf(
  action: Trade,
  session: { readonly lease: number; readonly cycle: number },
  wallet: string,
  step: number,
): Request {
  const wrapped: Action = { rail: "hyperliquid", from: "wallet", action };
  return { wallet, ...session, step, actions: [wrapped] };
}

/** What came of a call: "done", or the code that it was refused with. */
async function told(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.code;
  }
}

function positionOf({ exchange, account }: TradingHouse): number {
  return Number(exchange.exchange.perpState(account.address).assetPositions[0]?.position.szi ?? 0);
}

/** A house whose exchange counts as the venue does, with a position and an order that rests. */
async function counted(): Promise<TradingHouse & { readonly trades: ReturnType<typeof orders> }> {
  const house = await openHouse({ operated: true, regime: "calm", limits: { weightPerMinute: WEIGHT_A_MINUTE } });
  const trades = orders(await house.price("BTC"));
  await pass(house, MINUTE);
  expect((await house.act(leverage, trades.buy)).kind).toBe("confirmed");
  expect((await house.act(trades.rest)).kind).toBe("open");
  return Object.assign(house, { trades });
}

async function pass({ exchange }: TradingHouse, time: number): Promise<void> {
  await exchange.advance((await exchange.now()) + time);
}

/** Previews and settlements without end; the exchange's time passes now and then. */
async function flood(house: TradingHouse, session: { readonly lease: number; readonly cycle: number }, calls: number) {
  const { gateway, wallet } = house.opened;
  const { trades } = house as Awaited<ReturnType<typeof counted>>;
  const answers = new Map<string, number>();
  for (let n = 0; n < calls; n++) {
    if (n % 60 === 59) await pass(house, 11 * SECOND);
    const call = n % 2 === 0 ? gateway.preview(requestOf(trades.buy, session, wallet, 2 + n)) : gateway.settle(wallet);
    const answer = await told(call);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  return answers;
}

test("a flood of previews and settlements uses up what is the agent's: an exit and the operator's flatten still pass", async () => {
  await using house = await counted();
  const { gateway, wallet, desk } = house.opened;
  if (!desk || !house.operatorKey) throw new TypeError("no operator");
  const operator = operatorAt(desk, house.operatorKey);
  const session = await gateway.open(wallet);
  const answers = await flood(house, session, CALLS);
  expect(new Set(answers.keys())).toEqual(new Set(["done", "RATE_LIMITED"]));
  expect(answers.get("RATE_LIMITED")).toBeGreaterThan(CALLS / 10);
  // What is no exit is told to wait; what reduces passes, within the same minute.
  expect(await told(gateway.request(requestOf(house.trades.buy, session, wallet, 100_000)))).toBe("RATE_LIMITED");
  const exit = await gateway.request(requestOf(house.trades.close("0.005"), session, wallet, 100_001));
  expect(exit.kind).toBe("confirmed");
  expect(positionOf(house)).toBeCloseTo(0.005);
  // A person's word passes in that minute too, and what rests to open is gone.
  await takeCharge(operator, { say: () => undefined }, house.mandate);
  expect(house.exchange.exchange.openOrders(house.account.address)).toEqual([]);
  await flood(house, session, 120);
  const events: HomeEvent[] = [];
  await pass(house, 30 * SECOND);
  const report = await bringBack(house.mandate, { hl: house.exchange.http }, operator, (event) => events.push(event), {
    clock: house.exchange.clock,
  });
  expect(report, JSON.stringify(events)).toMatchObject({ home: true, left: [] });
  expect(positionOf(house)).toBe(0);
});

test("within a minute the agent's calls take four fifths of the venue's weight and no more", async () => {
  await using house = await counted();
  const { gateway, wallet } = house.opened;
  const session = await gateway.open(wallet);
  await pass(house, MINUTE);
  let asked = 0;
  for (; asked < 100; asked++) {
    const answer = await told(gateway.request(requestOf({ ...house.trades.buy }, session, wallet, asked + 2)));
    if (answer === "RATE_LIMITED") break;
  }
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(15);
  // The venue itself has as much left as is held: 240 less what a request may have taken beyond its share.
  const left = await leftAtVenue(house);
  expect(left).toBeGreaterThanOrEqual(WEIGHT_A_MINUTE / 5 - 60);
  await pass(house, MINUTE);
  expect(await told(gateway.request(requestOf(house.trades.buy, session, wallet, 200)))).toBe("done");
});

/** Weight that the venue still takes in this minute, found by using it up. */
async function leftAtVenue({ info }: TradingHouse): Promise<number> {
  for (let weight = 0; ; weight += 2) {
    const taken = await info.allMids().then(
      () => true,
      () => false,
    );
    if (!taken) return weight;
  }
}

test("stops that are placed without end use up what is for requests, and closing still passes", async () => {
  await using house = await openHouse({
    limits: { weightPerMinute: 1_000_000, initialRequests: 20 },
    written: { max_open_orders: "100" },
    regime: "calm",
  });
  const price = await house.price("BTC");
  const ioc = (b: boolean, at: number, r: boolean): Trade => ({
    type: "order",
    orders: [{ a: 0, b, p: String(Math.round(price * at)), s: "0.0003", r, t: { limit: { tif: "Ioc" } } }],
    grouping: "na",
  });
  expect((await house.act(leverage, ioc(true, 1.005, false))).kind).toBe("confirmed");
  const trigger = { isMarket: false, triggerPx: String(Math.round(price * 0.9)), tpsl: "sl" as const };
  const stop: Trade = {
    type: "order",
    orders: [{ a: 0, b: false, p: String(Math.round(price * 0.897)), s: "0.0003", r: true, t: { trigger } }],
    grouping: "na",
  };
  const codes = new Set<string>();
  let placed = 0;
  for (let n = 0; n < 60; n++) {
    const outcome = await house.act(stop);
    if (outcome.kind === "open") placed += 1;
    else if (outcome.kind === "refused" && outcome.verdict.kind === "deny")
      for (const { code } of outcome.verdict.violations) codes.add(code);
  }
  expect([...codes]).toEqual(["REQUEST_RESERVE"]);
  expect(placed).toBeGreaterThanOrEqual(20);
  const { nRequestsUsed, nRequestsCap } = await house.info.userRateLimit(house.account.address);
  expect(1 - nRequestsUsed / nRequestsCap).toBeGreaterThan(0.15);
  expect((await house.act(ioc(false, 0.995, true))).kind).toBe("confirmed");
  expect(positionOf(house)).toBe(0);
});
