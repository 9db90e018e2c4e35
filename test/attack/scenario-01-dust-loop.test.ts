import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { decimal, fromUnits, toUnits, ZERO } from "../../src/core/decimal.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { unwrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { WORLD_EXIT_GAS_USD } from "../../src/worlds/anvil/exit-gas.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { governedHouse } from "../operator/support/governed-house.ts";
import { evmAction, swapActions } from "../support/house.ts";
import { MALLORY, malloryDoes } from "../support/mallory.ts";
import { balancesOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { letGo, pinnedPrice, startArena } from "./support/accomplice.ts";
import { WITH_NATIVE } from "./support/hostile-mandates.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
/** LIMITS.md says 10,000; so many are for `npm run test:long`. */
const EXITS = process.env.MANDATE_LONG === undefined ? 400 : 10_000;
const REFEED_EVERY = 20;
const REFEED = "0.08";

test(`a dust loop while frozen, ${EXITS} one-wei exits with refeeds, burns at most a day's gas pots, and a full exit succeeds at once after it`, async () => {
  const world = await startArena(7, { ETH: "1", WETH: "0.4", USDC: "500", GOV: "0.000000000000000001" });
  try {
    await using governed = await governedHouse({ world, limits: { ...WITH_NATIVE } });
    const { house, operator } = governed;
    await operator.freeze("something is wrong");
    const { gateway, wallet } = house.opened;
    const start = await balancesOf(world, REHEARSAL_WALLET);
    const dust = "0.000000000000000001";
    const loops = [
      (now: number) => swapActions({ sell: "GOV", buy: "USDC", amount: dust, floor: "0", now, fee: 3000 }),
      (now: number) => swapActions({ sell: "WETH", buy: "USDC", amount: dust, floor: "0", now }),
      () => [evmAction(unwrapCall(assets.WETH.address, 1n))],
      () => [evmAction(encodeApprove(assets.USDC.address, contracts.router.address, 0n))],
      () => [evmAction(encodeTransfer(assets.GOV.address, MALLORY, 1n))],
      // The smallest exit that counts as one; the accomplice gives back what it sold.
      (now: number) => swapActions({ sell: "WETH", buy: "USDC", amount: REFEED, floor: "238.6", now }),
    ] as const;
    let [session, step, signed] = [await gateway.open(wallet), 0, 0];
    const whole = swapActions({ sell: "WETH", buy: "USDC", amount: REFEED, floor: "238.6", now: await world.clock.now() });
    const seen = await gateway.preview({ wallet, ...session, step: 1, actions: whole });
    const reserved = seen.kind === "allow" ? seen.atWorst.gas_usd : ZERO;
    // What `mandate check` says that an exit in a world may burn is what is reserved for one.
    expect(reserved.lte(WORLD_EXIT_GAS_USD) && reserved.times("1.25").gt(WORLD_EXIT_GAS_USD), reserved.toFixed()).toBe(true);
    for (let i = 0; i < EXITS; i += 1) {
      if (i % REFEED_EVERY === 0) {
        await malloryDoes(world, encodeTransfer(assets.GOV.address, REHEARSAL_WALLET, 1n));
        [session, step] = [await gateway.open(wallet), 0];
      }
      // As fast as nothing slows it, and slowly enough for the quota: both have to hold.
      if (i % 50 === 49) await world.advance((await world.clock.now()) + MINUTE);
      const actions = loops[i % loops.length]?.(await world.clock.now()) ?? [];
      const request = { wallet, ...session, step: ++step, actions: actions as Parameters<typeof gateway.request>[0]["actions"] };
      const kind = await gateway.request(request).then(
        (outcome) => outcome.kind,
        (error: unknown) => {
          expect(error).toMatchObject({ code: "RATE_LIMITED" });
          return "refused";
        },
      );
      if (kind === "refused") continue;
      signed += 1;
      await malloryDoes(world, encodeTransfer(assets.WETH.address, REHEARSAL_WALLET, toUnits(decimal(REFEED), 18)));
      await letGo(world);
    }
    const end = await balancesOf(world, REHEARSAL_WALLET);
    const burnt = fromUnits((start.ETH ?? 0n) - (end.ETH ?? 0n), 18).times(pinnedPrice(world, "ETH"));
    const pots = decimal(WITH_NATIVE.max_gas_usd_per_day).plus(WITH_NATIVE.exit_gas_usd_per_day);
    console.info(`${signed} of ${EXITS} were signed; ${burnt.toFixed(4)} of ${pots.toFixed(2)} USD of gas burnt`);
    expect(burnt.lte(pots)).toBe(true);
    expect(signed).toBeGreaterThan(10);

    // At once: whatever was burnt, what is kept of the exits' gas pays for a whole way out. One wei of GOV buys nothing.
    const { left } = await walkHome(governed);
    expect(left.filter(({ asset }) => asset !== "base/GOV")).toEqual([]);
    expect((await balancesOf(world, REHEARSAL_WALLET)).WETH).toBe(0n);
  } finally {
    await world.stop();
  }
}, 900_000);
