import { expect, test } from "vitest";
import { MINUTE } from "../../../src/core/clock.ts";
import { openHouse, type TradingHouse } from "../../hyperliquid/support/trading-house.ts";
import type { Trade } from "./support/requests.ts";

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };

async function bid(house: TradingHouse, share: number): Promise<Trade> {
  const p = String(Math.round((await house.price("BTC")) * share));
  return { type: "order", orders: [{ a: 0, b: true, p, s: "0.01", r: false, t: { limit: { tif: "Gtc" } } }], grouping: "na" };
}

test("an order that came twice, whose second coming is refused, is known to rest, and is cancelled when it may no longer", async () => {
  await using house = await openHouse({ written: { order_expiry_seconds: "600" } });
  expect((await house.act(leverage)).kind).toBe("confirmed");
  house.exchange.faults.script("action", "duplicate_request");
  const outcome = await house.act(await bid(house, 0.9));
  expect(await house.info.openOrders(house.account.address)).toHaveLength(1);
  expect(outcome.kind).toBe("open");
  await house.exchange.advance((await house.exchange.now()) + 11 * MINUTE);
  await house.settle();
  expect(await house.info.openOrders(house.account.address)).toEqual([]);
});

test("an order that comes late, when its sender has given up waiting, is found, and counts", async () => {
  await using house = await openHouse();
  expect((await house.act(leverage)).kind).toBe("confirmed");
  house.exchange.faults.script("action", "late_request");
  const outcome = await house.act(await bid(house, 0.9));
  expect(outcome.kind).toBe("open");
  for (let i = 0; i < 12; i += 1) await house.info.perpMeta();
  expect(await house.info.openOrders(house.account.address)).toHaveLength(1);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
  const { stopped, open } = await house.opened.gateway.state(house.opened.wallet);
  expect([stopped, open.length]).toEqual([null, 1]);
});
