import { expect, test } from "vitest";
import { attack } from "./support/attack.ts";

const SEQUENCES = 16;

test("mandates of all kinds hold against fee spikes, lost and delayed transactions, lagging feeds, replays and leaps in time, and the way home leads there after each", async () => {
  const { sequences, tried, allowed, worst } = await attack({ sequences: SEQUENCES, seed: 20_260_107 });
  const shares = Object.entries(worst).map(([figure, share]) => `${figure} ${share.times(100).toFixed(0)} %`);
  console.info(`${allowed} of ${tried} actions allowed; most of a printed figure lost: ${shares.join(", ")}`);
  expect(sequences).toBe(SEQUENCES);
  expect(tried).toBeGreaterThan(3 * SEQUENCES);
  expect(allowed / tried).toBeGreaterThan(0.1);
}, 180_000);
