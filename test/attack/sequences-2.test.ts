import { test } from "vitest";
import { heldTo, wasWorthIt } from "./support/held-to.ts";
import { everyKindWasPlayed } from "./support/kinds.ts";

/** The other half is in sequences-1.test.ts: two files are two workers, which begin with them. */
const SEQUENCES = 1_000;

test("mandates of all kinds hold against a hostile model and its accomplice through every door: the other thousand", async () => {
  const tally = await heldTo({ seed: 20261121 }, SEQUENCES);
  wasWorthIt(tally, SEQUENCES, 0.25);
  everyKindWasPlayed(tally);
}, 900_000);
