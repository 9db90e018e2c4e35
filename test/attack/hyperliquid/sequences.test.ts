import { expect, test } from "vitest";
import { heldTo, regressions, wasWorthIt } from "../support/held-to.ts";
import { attackBook } from "./support/attack-book.ts";

/** As many as some seconds carry; any number by `npm run attack -- --venue hyperliquid`. */
const SEQUENCES = process.env.MANDATE_LONG ? 5_000 : 80;
const BOOK = { by: attackBook, file: "hyperliquid/regression-seeds.json" };

test("what was broken once at the exchange is not broken again", async () => {
  for (const { seed, path, what } of regressions(BOOK.file)) {
    const { sequences } = await heldTo({ seed, path }, 1, BOOK);
    expect(sequences, what).toBe(1);
  }
});

test(`mandates of all kinds hold against a hostile model whose accomplice is the whole book: ${SEQUENCES} sequences`, async () => {
  wasWorthIt(await heldTo({ seed: 20261122 }, SEQUENCES, BOOK), SEQUENCES);
}, 1_800_000);
