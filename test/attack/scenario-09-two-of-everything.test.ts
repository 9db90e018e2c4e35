import { cpSync } from "node:fs";
import { expect, test } from "vitest";
import { HOUR, type Instant } from "../../src/core/clock.ts";
import type { TimeSource } from "../../src/gateway/steady-time.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { byHand } from "../support/by-hand.ts";
import { type House, type HouseOptions, openHouse, swapActions } from "../support/house.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { codesOf, nonceOf, signedKept } from "../support/standing.ts";
import { letGo, startArena } from "./support/accomplice.ts";

async function buy({ world }: House) {
  return swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await world.clock.now() });
}

/** What a request comes to: how it ended, the codes of a refusal, or the code that was thrown. */
async function comesTo(house: House): Promise<string> {
  try {
    const [outcome] = await house.act(await buy(house));
    return outcome?.kind === "refused" ? codesOf(outcome).join(" ") : (outcome?.kind ?? "nothing");
  } catch (error) {
    return String((error as { readonly code?: unknown }).code);
  }
}

function settable(world: EvmWorld): TimeSource & { set(by: number): void } {
  let [by, latest]: [number, Instant] = [0, 0];
  return {
    async now() {
      latest = await world.clock.now();
      return latest + by;
    },
    elapsed: () => latest,
    set: (to) => {
      by = to;
    },
  };
}

async function inWorld(
  work: (world: EvmWorld, options: HouseOptions & { readonly clock: ReturnType<typeof settable> }) => Promise<void>,
) {
  const world = await startArena();
  try {
    const chain = { ...EVM_BOOK.chains.base, rpc: world.url, block_seconds: 1, confirmations: 1 };
    const book = { wallet: REHEARSAL_WALLET, chains: { base: chain } };
    await work(world, { world, book, limits: SHIPPED_LIMITS, clock: settable(world) });
  } finally {
    await world.stop();
  }
}

test("two gateways on one key: the second does not start while the first lives, and on a restored snapshot it stops before its first signature", async () => {
  await inWorld(async (world, options) => {
    await using first = await openHouse(options);
    expect(await comesTo(first)).toBe("confirmed");
    await expect(openHouse({ ...options, keyFile: first.keyFile })).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
    await first.opened.close();
    const home = `${first.home}-snapshot`;
    cpSync(first.home, home, { recursive: true });
    await first.restart();
    await using second = await openHouse({ ...options, home, keyFile: `${home}/key.json` });
    expect(await comesTo(first)).toBe("confirmed");
    const nonce = await nonceOf(world);
    for (let life = 0; life < 3; life += 1) {
      expect(await comesTo(second)).toBe("STOPPED");
      await second.restart();
    }
    expect(signedKept(home)).toBe(0);
    expect(await nonceOf(world)).toBe(nonce);
    expect(await comesTo(first)).toBe("confirmed");
  });
});

test("a clock that goes on by 25 hours and comes back frees no budget and stops the wallet before its next signature", async () => {
  await inWorld(async (world, options) => {
    await using house = await openHouse(options);
    expect(await comesTo(house)).toBe("confirmed");
    const spent = async () => {
      const { budgets } = await house.opened.gateway.state(house.opened.wallet);
      return budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
    };
    const nonce = await nonceOf(world);
    for (const by of [25 * HOUR, 0, -25 * HOUR, 0]) {
      options.clock.set(by);
      expect(await comesTo(house), `set by ${by}`).toMatch(/FROZEN|STOPPED/);
      expect(await spent()).toBe("30");
    }
    await house.restart();
    expect(await comesTo(house)).toMatch(/FROZEN|STOPPED/);
    expect(await nonceOf(world)).toBe(nonce);
  });
});

test("an order placed by hand, before a cycle, in the middle of one or while the gateway is down, stops it before its next signature", async () => {
  for (const when of ["before", "within", "down"] as const) {
    await inWorld(async (world, options) => {
      await using house = await openHouse(options);
      expect(await comesTo(house)).toBe("confirmed");
      const { gateway, wallet } = house.opened;
      const session = when === "within" ? await gateway.open(wallet) : null;
      if (when === "down") await house.opened.close();
      await byHand(world);
      if (when === "down") await house.restart();
      await letGo(world);
      const nonce = await nonceOf(world);
      if (session) {
        const request = { wallet, ...session, step: 1, actions: await buy(house) };
        await expect(gateway.request(request)).rejects.toMatchObject({ code: "STOPPED" });
      }
      expect(await comesTo(house), when).toBe("STOPPED");
      expect(await nonceOf(world)).toBe(nonce);
    });
  }
});
