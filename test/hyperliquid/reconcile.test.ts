import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

async function holding(): Promise<TradingHouse> {
  const house = await openHouse({ operated: true });
  const price = await house.price("BTC");
  const order = {
    a: 0,
    b: true,
    p: String(Math.round(price * 1.005)),
    s: "0.01",
    r: false,
    t: { limit: { tif: "Ioc" as const } },
  };
  const actions: readonly Trade[] = [
    { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 },
    { type: "order", orders: [order], grouping: "na" },
  ];
  expect((await house.act(...actions)).kind).toBe("confirmed");
  return house;
}

function operatorOf({ opened: { desk }, operatorKey }: TradingHouse) {
  if (!desk || !operatorKey) throw new TypeError("no operator");
  return operatorAt(desk, operatorKey);
}

test("a standing with open positions can be agreed to while marks move", async () => {
  await using house = await holding();
  const operator = operatorOf(house);
  const shown = await operator.standing();
  await house.exchange.advance((await house.exchange.now()) + 5 * MINUTE);
  const equity = (standing: typeof shown) => standing.holdings.find(({ asset }) => asset === "hl/USDC")?.chain.toFixed();
  expect(equity(await operator.standing())).not.toBe(equity(shown));
  expect(await operator.reconcile({ seen: shown.hash, why: "as shown", declare: false })).toMatchObject({ closed: [] });
});

test.each([
  ["a deposit", async (house: TradingHouse) => void house.exchange.exchange.deposit(house.account.address, "100")],
  [
    "an order that rests",
    async (house: TradingHouse) => {
      const price = String(Math.round((await house.price("BTC")) * 0.9));
      house.exchange.exchange.order(house.account.address, [
        { a: 0, b: true, p: price, s: "0.01", r: false, t: { limit: { tif: "Gtc" } } },
      ]);
    },
  ],
  [
    "a position's size",
    async (house: TradingHouse) => {
      const price = String(Math.round((await house.price("BTC")) * 0.99));
      house.exchange.exchange.order(house.account.address, [
        { a: 0, b: false, p: price, s: "0.005", r: true, t: { limit: { tif: "Ioc" } } },
      ]);
    },
  ],
])("what changed since it was shown is not agreed to: %s", async (_, change) => {
  await using house = await holding();
  const operator = operatorOf(house);
  const shown = await operator.standing();
  await change(house);
  await expect(operator.reconcile({ seen: shown.hash, why: "as shown", declare: false })).rejects.toMatchObject({
    code: "STANDING_MOVED",
  });
});

test.each([
  ["a deposit", "1000", (house: TradingHouse) => house.exchange.exchange.deposit(house.account.address, "1000")],
  ["a withdrawal and its fee", "-3000", (house: TradingHouse) => house.exchange.exchange.withdraw(house.account.address, "3000")],
])("%s that is declared moves the high by itself, and what was lost meanwhile stays lost", async (_, moved, move) => {
  await using house = await holding();
  const operator = operatorOf(house);
  const { gateway, wallet, stream } = house.opened;
  await gateway.open(wallet);
  const high = stream.state.highWaterUsd;
  await operator.freeze("a move of mine");
  await house.exchange.advance((await house.exchange.now()) + 60 * MINUTE);
  expect(move(house).ok).toBe(true);
  const { hash } = await operator.standing();
  expect(await operator.reconcile({ seen: hash, why: "mine", declare: true })).toMatchObject({ moved_usd: moved });
  expect(house.opened.stream.state.highWaterUsd?.minus(high ?? 0).toFixed()).toBe(moved);
  // It counts once.
  const again = await operator.standing();
  expect(await operator.reconcile({ seen: again.hash, why: "again", declare: true })).toMatchObject({ moved_usd: "0" });
});
