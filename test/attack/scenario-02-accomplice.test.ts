import { expect, test } from "vitest";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { governedHouse } from "../operator/support/governed-house.ts";
import { MALLORY } from "../support/mallory.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { startArena } from "./support/accomplice.ts";
import { Crasher } from "./support/crasher.ts";
import type { Fate, Meddling, Move, Swap } from "./support/moves.ts";
import { Play } from "./support/play.ts";
import { newTally } from "./support/tally.ts";

const ACTS: readonly Meddling["do"][] = ["donate", "new-tier", "sweep", "just-in-time", "sweep"];
const FATES: readonly Fate[] = ["squeezed", "pushed", "overcharged", "squeezed", "pushed"];

/** A swap that gives the accomplice as much as the mandate lets it. */
function trade(turned: boolean, fate: Fate): Move {
  const swap: Swap = {
    do: "swap",
    pool: 0,
    turned,
    usd: 500,
    floor: "slippage",
    recipient: REHEARSAL_WALLET,
    seconds: 240,
    approve: "exact",
    depth: 0,
    twice: false,
    lag: true,
    fate,
    door: "typed",
  };
  return { sameCycle: false, act: swap };
}

function accomplice(what: Meddling["do"]): Move {
  return { sameCycle: false, act: { do: what, minutes: 1, token: "WETH", factor: "1.04", which: 0 } };
}

test("an accomplice that acts between every two steps, gifts, pools, sweeps, sudden liquidity and front-runs, gains no more than is printed at fair prices", async () => {
  const world = await startArena();
  try {
    const moves = FATES.flatMap((fate, i) => ACTS.flatMap((what, j) => [accomplice(what), trade((i + j) % 2 === 0, fate)]));
    await using proxy = await startRpcProxy(world.url);
    const crasher = new Crasher();
    await using governed = await governedHouse({ world, endpoint: proxy.url, limits: SHIPPED_LIMITS, crash: crasher.crash });
    const tally = newTally();
    await using play = new Play(governed, { proxy, crasher }, SHIPPED_LIMITS, tally);
    await play.all(moves);
    console.info(`${tally.allowed} of ${tally.tried} trades; most of a day's figure lost: ${tally.worst.per_day.toFixed(3)}`);
    expect(tally.tried).toBe(moves.length / 2);
    // Enough of it went through for the accomplice to have gained something, and never more than a figure allows.
    expect(tally.allowed).toBeGreaterThan(3);
    expect(tally.worst.per_trade.gt("0.3")).toBe(true);
    expect(tally.worst.per_day.lte(1)).toBe(true);
    expect(MALLORY).not.toBe(REHEARSAL_WALLET);
  } finally {
    await world.stop();
  }
}, 120_000);
