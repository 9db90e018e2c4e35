import { expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };

test("an order that could open rests until order_expiry_seconds are over, to the millisecond, and no longer", async () => {
  await using house = await openHouse({ written: { order_expiry_seconds: "120" }, regime: "calm" });
  const price = await house.price("BTC");
  const order = {
    a: 0,
    b: true,
    p: String(Math.round(price * 0.9)),
    s: "0.002",
    r: false,
    t: { limit: { tif: "Gtc" as const } },
  };
  const placed = await house.exchange.now();
  expect((await house.act(leverage, { type: "order", orders: [order], grouping: "na" })).kind).toBe("open");
  const resting = () => house.exchange.exchange.openOrders(house.account.address).length;
  await house.exchange.advance(placed + 120 * SECOND - 1);
  await house.settle();
  expect(resting()).toBe(1);
  await house.exchange.advance(placed + 120 * SECOND);
  await house.settle();
  expect(resting()).toBe(0);
});
