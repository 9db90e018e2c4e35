import { test } from "vitest";
import { heldTo, wasWorthIt } from "./support/held-to.ts";

/** The other half is in sequences-1.test.ts: two files are two workers. */
const SEQUENCES = 1_000;

test("mandates of all kinds hold against a hostile model and its accomplice through every door: the other thousand", async () => {
  wasWorthIt(await heldTo({ seed: 20261121 }, SEQUENCES), SEQUENCES, 0.35);
}, 900_000);
