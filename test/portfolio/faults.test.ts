import { expect, test } from "vitest";
import { faultEpisode, nothingSeen } from "./support/fault-episode.ts";

/** A thousand at full length (`npm run test:long`); a part of them beside all other tests. */
const EPISODES = process.env.MANDATE_LONG ? 1_000 : 100;
const AT_ONCE = 4;

test(`${EPISODES} seeded episodes with every fault behind a whole gateway: each order has one effect at most, no reduction grows or turns a position, and journal, exchange and plan agree at the end`, {
  timeout: 120_000 + EPISODES * 2_000,
}, async () => {
  const found: string[] = [];
  const seen = nothingSeen();
  let next = 0;
  const play = async () => {
    for (let n = next++; n < EPISODES; n = next++) found.push(...(await faultEpisode(`fault episode ${n}`, seen)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  expect(found).toEqual([]);
  // An episode in which nothing goes wrong shows nothing.
  expect(seen.orders).toBeGreaterThan(EPISODES * 2);
  expect(seen.reductions).toBeGreaterThan(EPISODES / 2);
  expect(seen.lost).toBeGreaterThan(EPISODES / 10);
  expect(seen.open).toBeGreaterThan(EPISODES / 4);
  expect(seen.partly).toBeGreaterThan(EPISODES / 10);
});
