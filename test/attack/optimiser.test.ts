import { expect, test } from "vitest";
import { DAY, SECOND } from "../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, max, ZERO } from "../../src/core/decimal.ts";
import { worstCase } from "../../src/mandate/worst-case.ts";
import type { WorstFigure } from "../../src/mandate/worst-figure.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { balancesOf } from "../support/standing.ts";
import { pinnedPrice } from "./support/accomplice.ts";
import { rob } from "./support/greedy.ts";
import { scene, tokensWorth } from "./support/optimise.ts";

const EXIT_FLOORS = ["99.5", "99", "98", "96", "93", "90", "80", "60", "49.9"];
const ENTRY_FLOORS = ["49.99", "49.9", "49"];

/** Gas for as many trades as the other limits let through. */
const DEEP_POTS = { max_gas_usd_per_day: 8, exit_gas_usd_per_day: 6 };

const pinnedValue = (at: EvmWorld) => tokensWorth(at, pinnedPrice);

function shareOf(loss: Decimal, { total_usd, terms }: WorstFigure, what: string): Decimal {
  if (total_usd === "unbounded") return expect.unreachable();
  const share = loss.div(total_usd);
  const parts = terms.map(({ name, usd }) => `${name} ${usd === "unbounded" ? usd : usd.toFixed(2)}`).join(", ");
  console.info(`${what}: lost ${loss.toFixed(2)} of ${total_usd.toFixed(2)} (${parts}), ${share.times(100).toFixed(0)} %`);
  expect(share.lte(1)).toBe(true);
  return share;
}

test("the greediest single trade loses no more than is printed, and at least half of it", async () => {
  await using at = await scene(SHIPPED_LIMITS, { ETH: "0.1", WETH: "1", USDC: "3000" });
  const { house, proxy, world } = at;
  const worst = worstCase(house.mandate.terms, { value_usd: await pinnedValue(world) });
  // Gas that takes nearly all of its pot.
  const baseFee = 2_800_000_000n;
  const loss = await rob(house, proxy, { sell: "USDC", buy: "WETH", usd: decimal(500), floors: ENTRY_FLOORS, baseFee });
  expect(shareOf(loss ?? ZERO, worst.per_trade, "one trade").gte("0.5")).toBe(true);
});

test("over several days the greediest loses no more than the day's figure for each, and falls below its high by no more than in all", async () => {
  const days = 3;
  await using at = await scene(SHIPPED_LIMITS, { ETH: "0.5", WETH: "0.6", USDC: "1600" });
  const { house, proxy, world } = at;
  const worst = worstCase(house.mandate.terms, { value_usd: await pinnedValue(world) });
  let [lost, high, deepest] = [ZERO, await pinnedValue(world), ZERO];
  for (let day = 0; day < days; day += 1) {
    let today = ZERO;
    for (let trade = 0; trade < 6; trade += 1) {
      const usd = decimal(499);
      const sold = await rob(house, proxy, { sell: "WETH", buy: "USDC", usd, floors: EXIT_FLOORS });
      const bought = await rob(house, proxy, { sell: "USDC", buy: "WETH", usd, floors: ENTRY_FLOORS });
      today = today.plus(sold ?? ZERO).plus(bought ?? ZERO);
      const value = await pinnedValue(world);
      high = max(high, value);
      deepest = max(deepest, high.minus(value));
      if (sold === null && bought === null) break;
    }
    shareOf(today, worst.per_day, `day ${day + 1}`);
    lost = lost.plus(today);
    await world.advance((await world.clock.now()) + DAY + SECOND);
  }
  const { total_usd: aDay } = worst.per_day;
  if (aDay === "unbounded") return expect.unreachable();
  expect(lost.gt(aDay.div(2))).toBe(true);
  expect(lost.lte(aDay.times(days))).toBe(true);
  shareOf(deepest, worst.in_all, "below the high");
});

test("the greediest day loses no more than is printed, and at least half of it", async () => {
  await using at = await scene({ ...SHIPPED_LIMITS, ...DEEP_POTS }, { ETH: "0.1", WETH: "1.2", USDC: "40" });
  const { house, proxy, world } = at;
  const worst = worstCase(house.mandate.terms, { value_usd: await pinnedValue(world) });
  let lost = ZERO;
  for (let trade = 0; trade < 40; trade += 1) {
    const usd = decimal(499);
    const sold = await rob(house, proxy, { sell: "WETH", buy: "USDC", usd, floors: EXIT_FLOORS });
    const bought = await rob(house, proxy, { sell: "USDC", buy: "WETH", usd, floors: ENTRY_FLOORS });
    lost = lost.plus(sold ?? ZERO).plus(bought ?? ZERO);
    if (sold === null && bought === null) break;
  }
  expect(shareOf(lost, worst.per_day, "a day").gte("0.5")).toBe(true);
  expect(shareOf(lost, worst.in_all, "in all").lte(1)).toBe(true);
  // A rest whose gas is more than an exit may cost waits for a person.
  const held = await balancesOf(world, REHEARSAL_WALLET);
  expect(
    fromUnits(held.WETH ?? 0n, 18)
      .times(3000)
      .lt(150),
  ).toBe(true);
});
