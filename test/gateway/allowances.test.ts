import { maxUint256 } from "viem";
import { expect, test } from "vitest";
import { DAY, HOUR } from "../../src/core/clock.ts";
import { decimal, toUnits } from "../../src/core/decimal.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse, swapAction } from "../support/house.ts";
import { codesOf, standingOf } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const FUNDS = { ETH: "1", USDC: "5000" };

const approve = (usd: number) =>
  evmAction(encodeApprove(assets.USDC.address, contracts.router.address, toUnits(decimal(usd), 6)));
async function swap(world: EvmWorld, usd: number) {
  const floor = world.truePrice("WETH").pow(-1).times(usd).times("0.99").toFixed(18);
  return swapAction({ sell: "USDC", buy: "WETH", amount: String(usd), floor, now: await world.clock.now() });
}
async function spent(house: House): Promise<string | undefined> {
  const { budgets } = await house.opened.gateway.state(house.opened.wallet);
  return budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
}

test("an exact approval and its swap may be two requests: the approval is spend while it lives, the swap once it is used", async () => {
  await using house = await openHouse({ limits: { max_daily_spend_usd: 300, max_single_trade_usd: 200 }, funds: FUNDS });
  const [approved] = await house.act([approve(200)]);
  expect(approved?.kind).toBe("confirmed");
  expect(await spent(house)).toBe("200");
  const [more, swapped] = await house.act([approve(201)], [await swap(house.world, 200)]);
  expect(codesOf(more)).toEqual(["TRADE_TOO_LARGE"]);
  expect(swapped?.kind).toBe("confirmed");
  expect(await spent(house)).toBe("200");
  const [third] = await house.act([approve(101)]);
  expect(codesOf(third)).toEqual(["DAILY_SPEND"]);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true });
});

test("approvals in cycle after cycle are one sum, and revoking gives the room back", async () => {
  await using house = await openHouse({ limits: { max_daily_spend_usd: 300, max_single_trade_usd: 300 }, funds: FUNDS });
  const weth = evmAction(encodeApprove(assets.WETH.address, contracts.router.address, toUnits(decimal("0.1"), 18)));
  const [, usdc] = [await house.act([approve(100)]), await house.act([approve(250)])];
  expect(usdc[0]?.kind).toBe("confirmed");
  expect(await spent(house)).toBe("250");
  const [both] = await house.act([weth]);
  // None is held, so none may be allowed.
  expect(codesOf(both)).toContain("ALLOWANCE_LEFT");
  const [over] = await house.act([await swap(house.world, 60)]);
  expect(over?.kind).toBe("confirmed");
  expect(await spent(house)).toBe("250");
  const [revoked] = await house.act([approve(0)]);
  expect(revoked?.kind).toBe("confirmed");
  expect(await spent(house)).toBe("60");
  await house.restart();
  expect(await spent(house)).toBe("60");
});

test("what is allowed does not age: a day later it counts as on the first, and when it is used its own day begins", async () => {
  const world = await startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: FUNDS },
    period: HOUR,
    volatility: { WETH: 0, GOV: 0 },
  });
  try {
    await using house = await openHouse({ world, limits: { max_daily_spend_usd: 300, max_single_trade_usd: 300 } });
    await house.act([approve(300)]);
    await world.advance((await world.clock.now()) + 2 * DAY);
    expect(await spent(house)).toBe("300");
    const [used] = await house.act([await swap(world, 300)]);
    expect(used?.kind).toBe("confirmed");
    const end = await world.clock.now();
    await world.advance(end + DAY - HOUR);
    expect(await spent(house)).toBe("300");
    await world.advance(end + DAY + 2_000);
    expect(await spent(house)).toBe("0");
  } finally {
    await world.stop();
  }
});

test.each([
  ["everything", [encodeApprove(assets.USDC.address, contracts.router.address, maxUint256)]],
  ["more than is held", [encodeApprove(assets.USDC.address, contracts.router.address, 5_000_000_001n)]],
  [
    "twice in one request",
    [
      encodeApprove(assets.USDC.address, contracts.router.address, 5_000_000n),
      encodeApprove(assets.USDC.address, contracts.router.address, 0n),
    ],
  ],
])("an approval of %s is refused", async (_, calls) => {
  await using house = await openHouse({ funds: FUNDS });
  const [outcome] = await house.act(calls.map(evmAction));
  expect(codesOf(outcome)).toContain("ALLOWANCE_LEFT");
});
