import { expect, test } from "vitest";
import { heldTo, regressions, wasWorthIt } from "./support/held-to.ts";
import { everyKindWasPlayed } from "./support/kinds.ts";

/** The other half is in sequences-2.test.ts: two files are two workers, which begin with them. */
const SEQUENCES = 1_000;

test("what was broken once is not broken again", async () => {
  for (const { seed, path, what } of regressions()) {
    const { sequences } = await heldTo({ seed, path }, 1);
    expect(sequences, what).toBe(1);
  }
});

test("mandates of all kinds hold against a hostile model and its accomplice through every door: the one thousand", async () => {
  const tally = await heldTo({ seed: 20260107 }, SEQUENCES);
  wasWorthIt(tally, SEQUENCES, 0.25);
  everyKindWasPlayed(tally);
}, 900_000);
