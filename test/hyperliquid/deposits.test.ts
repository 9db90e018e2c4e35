import { expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import { pitOf } from "../attack/hyperliquid/support/book-optimise.ts";
import { limitOrder, type Trade } from "../attack/hyperliquid/support/requests.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

const BTC = pitOf("BTC:perp");
const leverage: Trade = { type: "updateLeverage", asset: BTC.asset, isCross: false, leverage: 2 };

async function buy(house: TradingHouse, size: string, reduce = false): Promise<string> {
  const p = String(Math.round((await house.price("BTC")) * (reduce ? 0.995 : 1.005)));
  const orders = [limitOrder(BTC, !reduce, p, size, reduce, "Ioc")];
  return (await house.act({ type: "order", orders, grouping: "na" })).kind;
}

async function later(house: TradingHouse): Promise<void> {
  await house.exchange.advance((await house.exchange.now()) + 30 * SECOND);
}

test("what comes to the account stops nothing, while the gateway runs or not, and what goes stops all but exits", async () => {
  await using house = await openHouse();
  const [own, other] = house.exchange.accounts;
  if (!own || !other) return expect.unreachable("two accounts");
  const { exchange } = house.exchange;
  const stopped = async () => (await house.opened.gateway.state(house.opened.wallet)).stopped?.code ?? null;
  expect((await house.act(leverage)).kind).toBe("confirmed");
  expect(await buy(house, "0.01")).toBe("confirmed");
  exchange.deposit(own.address, "500");
  expect(exchange.usdSend(other.address, own.address, "0.01").ok).toBe(true);
  await later(house);
  expect([await buy(house, "0.001"), await stopped()]).toEqual(["confirmed", null]);

  await house.opened.close();
  exchange.deposit(own.address, "500");
  await later(house);
  await house.reopen();
  expect([await buy(house, "0.001"), await stopped()]).toEqual(["confirmed", null]);
  const { high_water_usd } = await house.opened.gateway.state(house.opened.wallet);
  expect(high_water_usd?.toNumber()).toBeGreaterThan(10_900);

  await house.opened.close();
  expect(exchange.withdraw(own.address, "300").ok).toBe(true);
  await later(house);
  await house.reopen();
  expect([await buy(house, "0.001"), await stopped()]).toEqual(["refused", "FOREIGN_ORDER"]);
  expect(await buy(house, "0.012", true)).toBe("confirmed");
});

test("what somebody else takes between two looks is seen though an exit in between went by what was known", async () => {
  await using house = await openHouse();
  const [own] = house.exchange.accounts;
  if (!own) return expect.unreachable("an account");
  expect((await house.act(leverage)).kind).toBe("confirmed");
  expect(await buy(house, "0.015")).toBe("confirmed");
  expect(house.exchange.exchange.withdraw(own.address, "300").ok).toBe(true);
  await house.exchange.advance((await house.exchange.now()) + 5 * SECOND);
  expect(await buy(house, "0.007", true)).toBe("confirmed");
  await later(house);
  expect(await buy(house, "0.001")).toBe("refused");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped?.code).toBe("FOREIGN_ORDER");
});
