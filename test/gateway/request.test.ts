import { expect, test } from "vitest";
import { openHouse, swapActions } from "../support/house.ts";

test("an approval and its swap are one request: money moves once and no allowance is left", async () => {
  await using house = await openHouse();
  const now = await house.world.clock.now();
  const [outcome] = await house.act(swapActions({ sell: "WETH", buy: "USDC", amount: "0.15", floor: "447.75", now }));
  expect(outcome).toMatchObject({ kind: "confirmed", reason: null });
  const state = await house.opened.gateway.state(house.opened.wallet);
  const held = Object.fromEntries(state.holdings.map(({ asset, amount }) => [asset, amount.toFixed()]));
  expect(held["base/WETH"]).toBe("0.25");
  expect(Number(held["base/USDC"])).toBeGreaterThan(747.75);
  expect(state.stopped).toBeNull();
});

test("the same request again returns what came of it and signs nothing", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  const now = await house.world.clock.now();
  const { lease, cycle } = await gateway.open(wallet);
  const request = {
    wallet,
    lease,
    cycle,
    step: 1,
    actions: swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "298", now }),
  };
  const first = await gateway.request(request);
  const second = await gateway.request(request);
  expect(second).toEqual(first);
  expect((await gateway.state(wallet)).holdings.find(({ asset }) => asset === "base/WETH")?.amount.toFixed()).toBe("0.3");
});
