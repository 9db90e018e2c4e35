import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { openWithoutJournal } from "../../src/cli/operator/open-without-journal.ts";
import { DAY, MINUTE } from "../../src/core/clock.ts";
import type { Request } from "../../src/gateway/contract.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import { type GovernedHouse, governedHouse, purchase, sale } from "../operator/support/governed-house.ts";
import { flipByte } from "../support/flip-byte.ts";
import { evmAction, type House } from "../support/house.ts";
import { isSend, type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { STRANGER } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { letGo, startArena, truePrice } from "./support/accomplice.ts";
import { WITH_NATIVE } from "./support/hostile-mandates.ts";
import { NOTHING, possessionsOf, worthOf } from "./support/possessions.ts";

const { USDC } = FULL_BOOK.chains.base.assets;
const LIMITS = {
  ...WITH_NATIVE,
  allowed_tokens: ["WETH", "USDC", "GOV", "vUSDC"],
  max_single_trade_usd: 1_500,
  max_daily_loss_usd: 40,
  max_trades_per_hour: 20,
};

/** What a model can do to keep money from coming home. */
const NUISANCES = ["denials", "quota", "cycles", "wedge", "spend", "429", "freeze", "restart"] as const;

async function nuisance(what: (typeof NUISANCES)[number], governed: GovernedHouse, proxy: RpcProxy): Promise<void> {
  const { house } = governed;
  const { gateway, wallet } = house.opened;
  const denied = [evmAction(encodeApprove(USDC.address, STRANGER, 10n ** 30n))] as Request["actions"];
  const ignoring = (work: Promise<unknown>) => work.catch((error: unknown) => expect(error).toHaveProperty("code"));
  switch (what) {
    case "denials":
      return void (await ignoring(house.act(...Array.from({ length: 12 }, () => denied))));
    case "quota": {
      const session = await gateway.open(wallet);
      for (let step = 1; step <= 70; step += 1) await ignoring(gateway.request({ wallet, ...session, step, actions: denied }));
      return;
    }
    case "cycles":
      for (let i = 0; i < 40; i += 1) await ignoring(gateway.open(wallet));
      return;
    case "wedge":
      proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
      await ignoring(house.act(await purchase(house, "40", "0.01326")));
      proxy.meddle(() => "forward");
      return;
    case "spend":
      return void (await ignoring(house.act(await purchase(house, "300", "0.0995"), await purchase(house, "300", "0.0995"))));
    case "429":
      proxy.meddle(() => "busy");
      await ignoring(house.act(await sale(house, "0.01", "29.8")));
      // And one that answers nothing for a while.
      proxy.meddle(() => "swallow");
      await ignoring(house.act(await sale(house, "0.01", "29.8")));
      proxy.meddle(() => "forward");
      return;
    case "freeze":
      return void (await governed.operator.freeze("to be sure"));
    default:
      return house.restart();
  }
}

/** Opens a position and puts cash into the vault, as an honest agent would. */
async function spreadOut(house: House): Promise<void> {
  const { world, mandate } = house;
  const venue = evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  for (const wish of [
    { kind: "lp_open", pool: "base/WETH-USDC", range_pct: "8", value_usd: "600" },
    { kind: "vault_deposit", vault: "base/vUSDC", amount: "300" },
  ]) {
    const [outcome] = await house.act(venue.compile(venue.readIntent(wish), await venue.observe()));
    expect(outcome?.kind, JSON.stringify(outcome)).toBe("confirmed");
  }
}

async function standing(house: House) {
  const { units, share, positions } = await possessionsOf(house);
  const all = worthOf(house, { ...NOTHING, units: { ...units, ETH: 0n }, share, positions }, truePrice);
  const cash = worthOf(house, { ...NOTHING, units: { USDC: units.USDC ?? 0n } }, truePrice);
  return { all, cash };
}

async function comesHome(governed: GovernedHouse, walk: () => ReturnType<typeof walkHome>): Promise<void> {
  const { house } = governed;
  const { world } = house;
  const before = await standing(house);
  for (let day = 0; day < 4; day += 1) {
    await letGo(world);
    await walk();
    const after = await standing(house);
    if (after.cash.gte(after.all.times("0.99"))) {
      // Out of what holds it, and then to cash: each way within what an exit may cost.
      const budget = before.all.minus(before.cash).times(LIMITS.max_exit_cost_bps).div(10_000).times(2);
      expect(before.all.minus(after.all).lte(budget)).toBe(true);
      return;
    }
    await world.advance((await world.clock.now()) + DAY + MINUTE);
  }
  expect.unreachable("it never came home");
}

async function inWorld(work: (world: EvmWorld) => Promise<void>): Promise<void> {
  const world = await startArena(7, { ETH: "1", WETH: "0.5", USDC: "1500", GOV: "20" });
  try {
    await work(world);
  } finally {
    await world.stop();
  }
}

test("after whatever a hostile model does first, the operator reaches 99 % cash within the exit budget, liquidity and shares included", async () => {
  await inWorld(async (world) => {
    const start = await world.snapshot();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...NUISANCES), { minLength: 3, maxLength: 6 }), async (what) => {
        await world.revert(start);
        await using proxy = await startRpcProxy(world.url);
        await using governed = await governedHouse({ world, endpoint: proxy.url, limits: LIMITS, book: FULL_BOOK });
        await spreadOut(governed.house);
        for (const one of what) await nuisance(one, governed, proxy);
        await comesHome(governed, () => walkHome(governed));
      }),
      { seed: 7, numRuns: 6 },
    );
  });
});

test("with one byte of the journal flipped it comes home without that journal, liquidity and shares included", async () => {
  await inWorld(async (world) => {
    await using governed = await governedHouse({ world, limits: LIMITS, book: FULL_BOOK });
    const { house, key } = governed;
    await spreadOut(house);
    await house.opened.close();
    const file = join(house.home, "journal.sqlite");
    const whole = flipByte(file, "terms_hash");
    await expect(house.restart()).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
    const opened = await openWithoutJournal({
      lost: house.home,
      home: join(house.home, "anew"),
      terms: house.mandate.terms,
      scopeFromFile: false,
      key,
      signer: privateKeyToAccount(REHEARSAL_KEY),
      keyFile: join(house.home, "key.json"),
      clock: world.clock,
      endpoints: { base: world.url },
    });
    try {
      await comesHome(governed, () => walkHome({ house, operator: opened.operator }));
    } finally {
      await opened.close();
      writeFileSync(file, whole);
    }
  });
});
