import { expect, test } from "vitest";
import { HOUR } from "../../src/core/clock.ts";
import { portfolioStage, targetsOf } from "./support/portfolio-stage.ts";

type Stage = Awaited<ReturnType<typeof portfolioStage>>;

/** What was wanted of the venue, in order: "sell BTC:perp", "buy ETH:perp reduce-only". */
function sides({ events }: Stage): readonly string[] {
  return events.flatMap((event) => {
    if (event.kind !== "allowed" || event.intent.kind !== "order") return [];
    const { side, market, reduce_only } = event.intent;
    return [`${side} ${market.slice(3)}${reduce_only ? " reduce-only" : ""}`];
  });
}

function held({ exchange, account }: Stage): Readonly<Record<string, number>> {
  return Object.fromEntries(
    exchange.exchange.perpState(account).assetPositions.map(({ position }) => [position.coin, Math.sign(Number(position.szi))]),
  );
}

test.each([500, 50_000])(
  "%i dollars in cash open long and short, and to all cash sell the long and buy the short",
  async (usdc) => {
    await using stage = await portfolioStage({ seed: "allocation", usdc });
    await stage.run([targetsOf({ "BTC:perp": "0.4", "ETH:perp": "-0.3", USDC: "0.3" })]);
    expect(sides(stage)).toEqual(["buy BTC:perp", "sell ETH:perp"]);
    expect(held(stage)).toEqual({ BTC: 1, ETH: -1 });
    stage.events.length = 0;
    await stage.run([targetsOf({ USDC: "1" })]);
    expect([...sides(stage)].sort()).toEqual(["buy ETH:perp reduce-only", "sell BTC:perp reduce-only"]);
    expect(held(stage)).toEqual({});
  },
);

test("a reduction that was filled in part shrinks what is bought after it, in the same cycle", async () => {
  await using stage = await portfolioStage({ seed: "partial" });
  await stage.run([targetsOf({ "BTC:perp": "0.95", USDC: "0.05" })]);
  const before = stage.exchange.exchange.perpState(stage.account);
  stage.exchange.faults.become({ partial_fills: 1 });
  stage.events.length = 0;
  await stage.run([targetsOf({ "ETH:perp": "0.95", USDC: "0.05" })]);
  const after = stage.exchange.exchange.perpState(stage.account);
  const value = (state: typeof before) =>
    state.assetPositions.reduce((sum, { position }) => sum + Number(position.positionValue), 0);
  expect(sides(stage)[0]).toBe("sell BTC:perp reduce-only");
  // The account never carries more than its value although the sale left a part of the old position there.
  expect(value(after)).toBeLessThanOrEqual(Number(after.marginSummary.accountValue) * 1.01);
  stage.exchange.faults.become({});
  await stage.exchange.advance((await stage.exchange.now()) + HOUR);
  await stage.run([targetsOf({ "ETH:perp": "0.95", USDC: "0.05" })]);
  // What is left of the old one, if anything, is less than the five points that are worth a trade.
  const left = stage.exchange.exchange.perpState(stage.account);
  const bitcoin = left.assetPositions.find(({ position }) => position.coin === "BTC")?.position.positionValue ?? "0";
  expect(Number(bitcoin)).toBeLessThan(Number(left.marginSummary.accountValue) * 0.05);
  expect(held(stage)).toMatchObject({ ETH: 1 });
});

test("an answer that is lost after the exchange took the order is looked up, and the order is not made twice", async () => {
  await using stage = await portfolioStage({ seed: "lost answer" });
  // The leverage passes; the order happens and its answer breaks off.
  stage.exchange.faults.script("action", "none");
  stage.exchange.faults.script("action", "cut_answer");
  await stage.run([targetsOf({ "BTC:perp": "0.5", USDC: "0.5" })]);
  const orders = stage.exchange.exchange.historicalOrders(stage.account);
  expect(orders.filter(({ status }) => status === "filled")).toHaveLength(1);
  expect(held(stage)).toEqual({ BTC: 1 });
  expect([...stage.gateway.asked.values()].map(({ kind }) => kind)).toEqual(["confirmed"]);
});

test("an order that was lost on its way is given up once its bytes are worth nothing, and made anew", async () => {
  await using stage = await portfolioStage({ seed: "lost request" });
  stage.exchange.faults.script("action", "none");
  stage.exchange.faults.script("action", "cut_request");
  const wanted = targetsOf({ "BTC:perp": "0.5", USDC: "0.5" });
  await stage.run([wanted, wanted]);
  expect([...stage.gateway.asked.values()].map(({ kind }) => kind)).toEqual(["released", "confirmed"]);
  expect(stage.exchange.exchange.historicalOrders(stage.account)).toHaveLength(1);
  expect(held(stage)).toEqual({ BTC: 1 });
});
