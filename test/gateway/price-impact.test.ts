import { expect, test } from "vitest";
import { type Decimal, decimal, roundDown, roundUp, toUnits } from "../../src/core/decimal.ts";
import type { Verdict } from "../../src/mandate/verdict.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, openHouse, swapAction } from "../support/house.ts";
import { codesOf } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;

/** A purchase, with the floor so low that only its impact can deny it. */
async function buying(world: EvmWorld, usd: number) {
  const floor = world.truePrice("WETH").pow(-1).times(usd).times("0.5").toFixed(18);
  const approve = encodeApprove(assets.USDC.address, contracts.router.address, toUnits(decimal(usd), 6));
  const swap = swapAction({ sell: "USDC", buy: "WETH", amount: String(usd), floor, now: await world.clock.now() });
  return [evmAction(approve), swap] as const;
}

async function judged(world: EvmWorld, usd: number, limit: Decimal | "unlimited"): Promise<Verdict> {
  await using house = await openHouse({
    world,
    limits: { max_price_impact_bps: limit === "unlimited" ? limit : limit.toFixed() },
  });
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  return gateway.preview({ wallet, lease, cycle, step: 1, actions: await buying(world, usd) });
}

test("a purchase may push its pool exactly to the limit off the pinned price, and no hundredth of a point farther", async () => {
  const world = await startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: { ETH: "1", USDC: "400000" } },
    volatility: { WETH: 0, GOV: 0 },
  });
  try {
    const { effects } = await judged(world, 200_000, "unlimited");
    const [impact] = effects.impacts ?? [];
    if (!impact?.after_bps || !impact.before_bps) return expect.unreachable("the pool was not looked at");
    expect(impact.pool).toBe("WETH-USDC");
    const after = impact.after_bps.abs();
    expect(after.gt(impact.before_bps.abs())).toBe(true);
    expect((await judged(world, 200_000, roundUp(after, 6))).kind).toBe("allow");
    const denied = await judged(world, 200_000, roundDown(after, 2).minus("0.01"));
    expect(denied.kind === "deny" && denied.violations.map(({ code }) => code)).toEqual(["PRICE_IMPACT"]);
  } finally {
    await world.stop();
  }
});

test("many small purchases are stopped where one large one is", async () => {
  const fund = { [REHEARSAL_WALLET]: { ETH: "1", USDC: "400000" } };
  const world = await startEvmWorld({ seed: 1, fund, volatility: { WETH: 0, GOV: 0 } });
  try {
    const first = (await judged(world, 40_000, "unlimited")).effects.impacts?.[0]?.after_bps;
    if (!first) return expect.unreachable("the pool was not looked at");
    await using house = await openHouse({ world, limits: { max_price_impact_bps: roundUp(first.abs().times(2), 2).toFixed() } });
    const requests = await Promise.all(Array.from({ length: 4 }, () => buying(world, 40_000)));
    const outcomes = await house.act(...requests);
    expect(outcomes[0]?.kind).toBe("confirmed");
    expect(outcomes.some((outcome) => codesOf(outcome).includes("PRICE_IMPACT"))).toBe(true);
  } finally {
    await world.stop();
  }
});
