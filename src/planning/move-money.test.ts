import fc from "fast-check";
import { expect, test } from "vitest";
import { type Decimal, decimal, max, sum, ZERO } from "../core/decimal.ts";
import { type Move, moveMoney } from "./move-money.ts";

const LEAST = decimal(1);
type Purse = "spot" | "perp";
const purses = (spot: string, perp: string) =>
  new Map<Purse, Decimal>([
    ["spot", decimal(spot)],
    ["perp", decimal(perp)],
  ]);
const said = (moves: readonly Move<Purse>[]) => moves.map(({ from, to, usd }) => `${usd.toFixed()} ${from} > ${to}`);

test.each([
  ["what is missing moves, and no more", purses("10", "500"), purses("100", "50"), ["90 perp > spot"]],
  ["a purse below nothing is filled up", purses("200", "-150"), purses("20", "0"), ["150 spot > perp"]],
  ["what a purse needs itself stays", purses("0", "600"), purses("500", "500"), ["100 perp > spot"]],
  ["less than the least stays", purses("99.5", "500"), purses("100", "0"), []],
  ["where nothing is spare, nothing moves", purses("0", "0"), purses("100", "100"), []],
])("%s", (_, free, needs, moves) => {
  expect(said(moveMoney(free, needs, LEAST))).toEqual(moves);
});

test("no purse gives what it needs itself, none is left below nothing, and a second look moves nothing", () => {
  const usd = (least: number) => fc.integer({ min: least, max: 1_000_000 }).map((units) => decimal(units).div(1_000).toFixed());
  fc.assert(
    fc.property(usd(-100_000), usd(-100_000), usd(0), usd(0), (spot, perp, spotNeed, perpNeed) => {
      const [free, needs] = [purses(spot, perp), purses(spotNeed, perpNeed)];
      const after = new Map(free);
      for (const { from, to, usd: moved } of moveMoney(free, needs, LEAST)) {
        after.set(from, (after.get(from) ?? ZERO).minus(moved));
        after.set(to, (after.get(to) ?? ZERO).plus(moved));
        expect(after.get(from)?.gte(ZERO)).toBe(true);
      }
      expect(sum(after.values()).eq(sum(free.values()))).toBe(true);
      if (sum(needs.values()).lte(max(ZERO, sum(free.values())))) {
        for (const [purse, need] of needs) expect(after.get(purse)?.gte(need.minus(1))).toBe(true);
      }
      expect(said(moveMoney(after, needs, LEAST))).toEqual([]);
    }),
  );
});
