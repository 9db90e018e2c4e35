import { expect, test } from "vitest";
import { openHouse, swapActions } from "../support/house.ts";
import { codesOf } from "../support/standing.ts";

const FUNDS = { ETH: "1", USDC: "5000" };

test("arguments are held by the bytes that would be signed: inside the swap's multicall, in raw integers", async () => {
  const exactInputSingle = { "params.fee": "500", "params.recipient": "own", "params.amountIn": { max: "30000000" } };
  await using house = await openHouse({ limits: { allowed_calls: { router: { exactInputSingle } } }, funds: FUNDS });
  const { world } = house;
  const buy = async (usd: string, fee = 500) => {
    const floor = world.truePrice("WETH").pow(-1).times(usd).times("0.9").toFixed(18);
    return swapActions({ sell: "USDC", buy: "WETH", amount: usd, floor, fee, now: await world.clock.now() });
  };
  const [right, large, dear] = await house.act(await buy("30"), await buy("30.000001"), await buy("30", 3000));
  expect(right?.kind).toBe("confirmed");
  expect(codesOf(large)).toEqual(["ARGUMENT_NOT_ALLOWED"]);
  expect(codesOf(dear)).toContain("ARGUMENT_NOT_ALLOWED");
});

test("outside the allowed hours nothing is bought", async () => {
  await using house = await openHouse({ limits: { allowed_hours: [] }, funds: FUNDS });
  const floor = house.world.truePrice("WETH").pow(-1).times(30).times("0.9").toFixed(18);
  const swap = { sell: "USDC", buy: "WETH", amount: "30", floor, now: await house.world.clock.now() } as const;
  expect(codesOf((await house.act(swapActions(swap)))[0])).toEqual(["OUTSIDE_HOURS"]);
});
