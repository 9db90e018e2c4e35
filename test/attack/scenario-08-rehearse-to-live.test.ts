import fc from "fast-check";
import { parseTransaction } from "viem";
import { expect, test } from "vitest";
import type { Hex } from "../../src/core/hex.ts";
import { forkOf } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { governedHouse } from "../operator/support/governed-house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, nonceOf } from "../support/standing.ts";
import { startArena } from "./support/accomplice.ts";
import { Crasher } from "./support/crasher.ts";
import { WITH_NATIVE } from "./support/hostile-mandates.ts";
import { sequence } from "./support/moves.ts";
import { Play } from "./support/play.ts";
import { newTally } from "./support/tally.ts";

test("of every byte string that is signed in any world, the live chain with the same state and key accepts none", async () => {
  const world = await startArena();
  const live = await forkOf(world, 8453);
  try {
    const start = await world.snapshot();
    const signed = new Set<string>();
    for (const moves of fc.sample(sequence, { seed: 8, numRuns: 25 })) {
      await world.revert(start);
      await using proxy = await startRpcProxy(world.url);
      const crasher = new Crasher();
      await using governed = await governedHouse({
        world,
        endpoint: proxy.url,
        limits: { ...WITH_NATIVE },
        crash: crasher.crash,
      });
      await using play = new Play(governed, { proxy, crasher }, WITH_NATIVE, newTally());
      await play.all(moves);
      for (const bytes of proxy.sent) signed.add(bytes);
    }
    expect(signed.size).toBeGreaterThan(20);
    await world.revert(start);
    const before = await balancesOf(live, REHEARSAL_WALLET);
    expect(Object.values(before).some((units) => units > 0n)).toBe(true);
    for (const bytes of signed) {
      expect(parseTransaction(bytes as Hex).chainId).toBe(world.chainId);
      await expect(live.rpc("eth_sendRawTransaction", [bytes])).rejects.toMatchObject({ code: "WORLD_RPC" });
    }
    await live.mine();
    expect(await nonceOf(live)).toBe(0);
    expect(await balancesOf(live, REHEARSAL_WALLET)).toEqual(before);
  } finally {
    await live.stop();
    await world.stop();
  }
}, 120_000);
