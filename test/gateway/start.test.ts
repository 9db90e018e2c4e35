import { expect, test } from "vitest";
import { MandateError } from "../../src/core/errors.ts";
import type { Crash } from "../../src/gateway/crash-point.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { sale } from "../operator/support/governed-house.ts";
import { type House, openHouse } from "../support/house.ts";
import { nonceOf, standingOf } from "../support/standing.ts";

/** A transaction of somebody else who has the key, which moves nothing. The coin that it burned is put back. */
async function usedElsewhere(world: EvmWorld): Promise<void> {
  const before = await world.rpc("eth_getBalance", [REHEARSAL_WALLET, "latest"]);
  await world.rpc("anvil_impersonateAccount", [REHEARSAL_WALLET]);
  const hash = await world.rpc("eth_sendTransaction", [{ from: REHEARSAL_WALLET, to: REHEARSAL_WALLET, gas: "0x5208" }]);
  while ((await world.rpc("eth_getTransactionReceipt", [hash])) === null) await world.rpc("eth_blockNumber");
  await world.rpc("anvil_stopImpersonatingAccount", [REHEARSAL_WALLET]);
  await world.rpc("anvil_setBalance", [REHEARSAL_WALLET, before]);
}

async function stopOf({ opened: { gateway, wallet } }: House): Promise<string | undefined> {
  return (await gateway.state(wallet)).stopped?.code;
}

test.each(["after-commit", "after-submit", "before-settle"] as const)(
  "what a gateway that ended %s left in flight is looked up at the next start, before any cycle",
  async (point) => {
    let left = 1;
    const crash: Crash = (at) => {
      if (at === point && left-- > 0) throw new MandateError("CRASHED", at);
    };
    await using house = await openHouse({ crash });
    await expect(house.act(await sale(house, "0.1", "298.5"))).rejects.toMatchObject({ code: "CRASHED" });
    await house.restart();
    const { gateway, wallet } = house.opened;
    expect((await gateway.state(wallet)).open).toHaveLength(1);
    await gateway.start();
    expect(await gateway.state(wallet)).toMatchObject({ open: [], cycle: 1, stopped: null });
    expect(await nonceOf(house.world)).toBe(2);
    expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
    // It ends before anybody has asked: who settles in the life after is told, once, and nobody after a cycle has begun.
    await house.restart();
    const next = house.opened.gateway;
    await next.start();
    expect(await next.settle(wallet)).toMatchObject([{ kind: "confirmed" }]);
    expect(await next.settle(wallet)).toEqual([]);
    await house.act();
    await house.restart();
    await house.opened.gateway.start();
    expect(await house.opened.gateway.settle(wallet)).toEqual([]);
  },
);

test("a key that was used elsewhere while the gateway was away stops the wallet at the start", async () => {
  await using house = await openHouse();
  await house.act();
  await house.opened.gateway.start();
  expect(await stopOf(house)).toBeUndefined();
  await usedElsewhere(house.world);
  await house.restart();
  expect(await stopOf(house)).toBeUndefined();
  await house.opened.gateway.start();
  expect(await stopOf(house)).toBe("NONCE_MISMATCH");
});

test("a key that is used elsewhere stops the wallet within ten cycles, though its agent asks for nothing", async () => {
  await using house = await openHouse();
  await house.act();
  await usedElsewhere(house.world);
  for (let cycle = 2; cycle <= 10; cycle += 1) await house.act();
  expect(await stopOf(house)).toBeUndefined();
  await house.act();
  expect(await stopOf(house)).toBe("NONCE_MISMATCH");
});

test("a first start writes nothing but what it pinned, and a second nothing but that it started", async () => {
  await using house = await openHouse();
  const { seq } = house.opened.stream.state;
  await house.opened.gateway.start();
  expect(house.opened.stream.state.seq).toBe(seq);
  await house.restart();
  await house.opened.gateway.start();
  expect(house.opened.stream.state.seq).toBe(seq + 1);
});
