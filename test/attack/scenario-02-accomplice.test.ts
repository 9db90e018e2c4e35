import { expect, test } from "vitest";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { Arena } from "./support/arena.ts";
import type { Between, Fate, Meddling, Move, Swap } from "./support/moves.ts";
import { Play } from "./support/play.ts";
import { newTally } from "./support/tally.ts";

const ACTS: readonly (Meddling["do"] | Between["does"])[] = ["gift", "new-tier", "sweep", "just-in-time", "sweep"];
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
  return { sameCycle: false, between: between("block"), act: swap };
}

function between(does: Between["does"]): Between {
  return { does, which: 0, percent: 100 };
}

/** Between two trades, or as a step of its own. */
function accomplice(what: (typeof ACTS)[number], then: Move): readonly Move[] {
  if (what === "gift" || what === "sweep") return [{ ...then, between: between(what as Between["does"]) }];
  const act: Meddling = { do: what as Meddling["do"], minutes: 1, token: "WETH", factor: "1.04", which: 0 };
  return [{ sameCycle: false, between: between("block"), act }, then];
}

test("an accomplice that acts between every two steps, gifts, pools, sweeps, sudden liquidity and front-runs, gains no more than is printed at fair prices", async () => {
  const moves = FATES.flatMap((fate, i) => ACTS.flatMap((what, j) => accomplice(what, trade((i + j) % 2 === 0, fate))));
  const tally = newTally();
  await using arena = new Arena();
  await using stage = await arena.stage({ limits: SHIPPED_LIMITS, full: false, odd: false, signs: false, fleet: null }, tally);
  await new Play(stage).all(moves);
  console.info(`${tally.allowed} of ${tally.tried} trades; most of a day's figure lost: ${tally.worst.per_day.toFixed(3)}`);
  expect(tally.tried).toBe(FATES.length * ACTS.length);
  // Enough of it went through for the accomplice to have gained something, and never more than a figure allows.
  expect(tally.allowed).toBeGreaterThan(3);
  expect(tally.worst.per_trade.gt("0.3")).toBe(true);
  expect(tally.worst.per_day.lte(1)).toBe(true);
});
