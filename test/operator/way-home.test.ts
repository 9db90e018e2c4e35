import { expect, test } from "vitest";
import type { HomeEvent } from "../../src/agent/bring-home.ts";
import { HOUR } from "../../src/core/clock.ts";
import { type Decimal, fromUnits, sum } from "../../src/core/decimal.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, swapActions } from "../support/house.ts";
import { balancesOf, codesOf, nonceOf, STRANGER, standingOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { governedHouse, purchase, sale } from "./support/governed-house.ts";

const LIMITS = {
  allowed_tokens: ["WETH", "USDC", "GOV"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_consecutive_failures: 3,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};

/** What the wallet's tokens are worth at true prices. */
async function worth(world: EvmWorld): Promise<{ readonly all: Decimal; readonly cash: Decimal }> {
  const held = await balancesOf(world, REHEARSAL_WALLET);
  const value = (symbol: "WETH" | "USDC" | "GOV" | "DAI", decimals: number) =>
    fromUnits(held[symbol] ?? 0n, decimals).times(world.truePrice(symbol));
  const cash = value("USDC", 6);
  return { cash, all: sum([cash, value("WETH", 18), value("GOV", 18), value("DAI", 18)]) };
}

test("flatten takes a killed wallet home in lots within a single trade, at a cost within the exit budget", async () => {
  await using governed = await governedHouse({ limits: LIMITS, funds: { ETH: "1", WETH: "0.7", USDC: "100", GOV: "20" } });
  const { house, operator } = governed;
  const before = await worth(house.world);
  await operator.kill("enough");
  expect(codesOf((await house.act(await sale(house)))[0])).toContain("KILLED");
  const events: HomeEvent[] = [];
  const report = await walkHome(governed, events);
  expect(report).toMatchObject({ home: true, left: [] });
  expect(report.exits).toBeGreaterThanOrEqual(5);
  const after = await worth(house.world);
  expect(after.cash.gte(after.all.times("0.99"))).toBe(true);
  expect(before.all.minus(after.all).lte(before.all.minus(100).times("0.01"))).toBe(true);
  for (const event of events) expect(event.kind).toBe("sold");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toMatchObject({ code: "KILLED" });
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
});

test("native coin that a mandate allows stays to pay for gas, and everything else is home", async () => {
  const limits = { ...LIMITS, allowed_tokens: [...LIMITS.allowed_tokens, "ETH"] };
  await using governed = await governedHouse({ limits, funds: { ETH: "1", WETH: "0.3", USDC: "100" } });
  const report = await walkHome(governed);
  expect(report).toMatchObject({ home: true, left: [] });
  const { gateway, wallet } = governed.house.opened;
  const held = Object.fromEntries((await gateway.state(wallet)).holdings.map(({ asset, amount }) => [asset, amount.toNumber()]));
  expect(held["base/WETH"]).toBe(0);
  expect(held["base/ETH"]).toBeGreaterThan(0.99);
});

test("flatten reaches 99 % cash after a hostile sequence: limits used up, crumbs, denials, an allowance, a wedged request", async () => {
  await using governed = await governedHouse({ limits: LIMITS, funds: { ETH: "1", WETH: "0.4", USDC: "1500", GOV: "10" } });
  const { house, operator } = governed;
  const { world } = house;
  const { router } = EVM_BOOK.chains.base.contracts;
  const { USDC } = EVM_BOOK.chains.base.assets;
  const now = await world.clock.now();
  for (const usdc of ["499", "498", "400"]) await house.act(await purchase(house, usdc, (Number(usdc) * 0.000332).toFixed(6)));
  await house.act(swapActions({ sell: "WETH", buy: "USDC", amount: "0.004", floor: "11.95", now }));
  for (let i = 0; i < 15; i += 1) await house.act([evmAction(encodeApprove(USDC.address, STRANGER, 10n ** 30n))]);
  await world.rpc("anvil_impersonateAccount", [REHEARSAL_WALLET]);
  await world.rpc("eth_sendTransaction", [
    { from: REHEARSAL_WALLET, to: USDC.address, data: encodeApprove(USDC.address, router.address, 10n ** 12n).data },
  ]);
  await world.mine();
  await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "STOPPED" });
  await operator.freeze("something is wrong");
  const shown = await operator.standing();
  await operator.reconcile({ seen: shown.hash, why: "the allowance was not ours", declare: false });
  const before = await worth(world);
  const report = await walkHome(governed);
  expect(report).toMatchObject({ home: true });
  const after = await worth(world);
  expect(after.cash.gte(after.all.times("0.99"))).toBe(true);
  expect(before.all.minus(after.all).lte(before.all.minus(before.cash).times("0.01"))).toBe(true);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
  expect(codesOf((await house.act(await purchase(house, "100", "0.0332")))[0])).toContain("FROZEN");
});

test("with prices too old for any trade the operator still gets home, within what an exit may cost", async () => {
  await using governed = await governedHouse({ limits: LIMITS, funds: { ETH: "1", WETH: "0.3", USDC: "100" } });
  const { house } = governed;
  await house.world.freezeFeeds(true);
  await house.world.advance((await house.world.clock.now()) + 2 * HOUR);
  await house.world.setTruePrice("WETH", "2995");
  expect(codesOf((await house.act(await sale(house, "0.1", "297.2")))[0])).toContain("PRICE_STALE");
  expect(await walkHome(governed)).toMatchObject({ home: true, left: [] });
});

test("where the market stands further below the last price than an exit may cost, nothing is sold, and that is said", async () => {
  await using governed = await governedHouse({ limits: LIMITS, funds: { ETH: "1", WETH: "0.1", USDC: "100" } });
  const { house } = governed;
  await house.world.freezeFeeds(true);
  await house.world.setTruePrice("WETH", "2700");
  const nonce = await nonceOf(house.world);
  const report = await walkHome(governed);
  expect(report).toMatchObject({ home: false, exits: 0, left: [{ asset: "base/WETH" }] });
  expect(report.left[0]?.why).toMatch(/WOULD_REVERT|EXIT_ONLY/);
  expect(await nonceOf(house.world)).toBe(nonce);
});

test("the operator's exit is no second way to trade: buying, paying and costly sales are refused, killed or not", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator } = governed;
  const exit = async (actions: Awaited<ReturnType<typeof sale>>) => codesOf(await operator.exit(actions));
  expect(await exit(await purchase(house, "100", "0.0332"))).toContain("EXIT_ONLY");
  await operator.kill("enough");
  expect(await exit(await purchase(house, "100", "0.0332"))).toContain("EXIT_ONLY");
  expect(await exit(await sale(house, "0.1", "290"))).toContain("EXIT_ONLY");
  expect(await exit(await sale(house, "0.2", "597"))).toContain("TRADE_TOO_LARGE");
  const { world } = house;
  const elsewhere = swapActions({
    sell: "WETH",
    buy: "USDC",
    amount: "0.1",
    floor: "298",
    now: await world.clock.now(),
    recipient: STRANGER,
  });
  expect(await exit(elsewhere)).toContain("RECIPIENT_NOT_ALLOWED");
  expect(await nonceOf(world)).toBe(0);
  expect((await operator.exit(await sale(house, "0.1", "298"))).kind).toBe("confirmed");
});

test("an exit fences the agent: what held the lease before has to begin anew", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator } = governed;
  const { gateway, wallet } = house.opened;
  const held = await gateway.open(wallet);
  await operator.exit(await sale(house, "0.1", "298"));
  await expect(gateway.request({ wallet, ...held, step: 1, actions: await sale(house) })).rejects.toMatchObject({
    code: "LEASE_LOST",
  });
  expect(await nonceOf(house.world)).toBe(2);
});
