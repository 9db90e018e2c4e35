import fc from "fast-check";
import { parseTransaction } from "viem";
import { expect, test } from "vitest";
import type { Hex } from "../../src/core/hex.ts";
import { forkOf } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { balancesOf, nonceOf } from "../support/standing.ts";
import { Arena } from "./support/arena.ts";
import { WITH_NATIVE } from "./support/hostile-mandates.ts";
import { sequence } from "./support/moves.ts";
import { Play } from "./support/play.ts";
import { newTally } from "./support/tally.ts";

test("of every byte string that is signed in any world, the live chain with the same state and key accepts none", async () => {
  await using arena = new Arena();
  const world = await arena.fresh();
  const live = await forkOf(world, 8453);
  const nonce = await nonceOf(live);
  try {
    const signed = new Set<string>();
    for (const moves of fc.sample(sequence, { seed: 8, numRuns: 22 })) {
      await using stage = await arena.stage(
        { limits: WITH_NATIVE, full: false, odd: false, signs: false, fleet: null },
        newTally(),
      );
      await new Play(stage).all(moves);
      for (const bytes of stage.parts.proxy.sent) signed.add(bytes);
    }
    expect(signed.size).toBeGreaterThan(20);
    // The fork reads from its parent what it has not touched: that is where it was.
    await arena.fresh();
    const before = await balancesOf(live, REHEARSAL_WALLET);
    expect(Object.values(before).some((units) => units > 0n)).toBe(true);
    for (const bytes of signed) {
      expect(parseTransaction(bytes as Hex).chainId).toBe(world.chainId);
      await expect(live.rpc("eth_sendRawTransaction", [bytes])).rejects.toMatchObject({ code: "WORLD_RPC" });
    }
    await live.mine();
    expect(await nonceOf(live)).toBe(nonce);
    expect(await balancesOf(live, REHEARSAL_WALLET)).toEqual(before);
  } finally {
    await live.stop();
  }
});
