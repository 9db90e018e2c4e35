import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { leastReduction, removesEnough } from "./least-reduction.ts";
import { termsWith } from "./testing/judging.ts";

test("a reduction counts when it is all of the position, or worth the least that counts", () => {
  const cents = fc.integer({ min: 0, max: 100_000 }).map((n) => decimal(n).div(100));
  fc.assert(
    fc.property(cents, cents, fc.constantFrom("0", "0.5", "1", "2500"), fc.option(cents), (size, held, price, most) => {
      const { limits } = termsWith({ max_single_trade_usd: most ?? "unlimited" });
      const usd = decimal(price);
      // The last is exactly the least that counts, where it comes out in cents.
      for (const sold of [size, held, leastReduction(limits, held.times(usd)).div(usd.isZero() ? 1 : usd)]) {
        const counts = sold.gte(held) || sold.times(usd).gte(leastReduction(limits, held.times(usd)));
        expect(removesEnough(limits, sold, held, usd)).toBe(counts);
      }
    }),
    { numRuns: 2000 },
  );
});
