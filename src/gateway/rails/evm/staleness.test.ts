import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../core/clock.ts";
import { stalenessOf } from "./staleness.ts";

const NOW = 1_000_000 * SECOND;
const live = { rpc: "https://node.invalid", block_seconds: 2, confirmations: 3 };
const tip = (at: number, number = 100n) => ({ number, timestamp: BigInt(at / SECOND), nextBaseFee: 1n, gasLimit: 30_000_000n });
const codes = (...given: Parameters<typeof stalenessOf>) => stalenessOf(...given).map(({ code }) => code);

test("a block of a minute ago counts, an older one does not, where blocks are quick", () => {
  expect(codes(live, tip(NOW - MINUTE), NOW, null)).toEqual([]);
  expect(codes(live, tip(NOW - MINUTE - SECOND), NOW, null)).toEqual(["NODE_STALE"]);
});

test("where blocks are slow, twenty of them may be missing", () => {
  const slow = { ...live, block_seconds: 12 };
  expect(codes(slow, tip(NOW - 240 * SECOND), NOW, null)).toEqual([]);
  expect(codes(slow, tip(NOW - 241 * SECOND), NOW, null)).toEqual(["NODE_STALE"]);
});

test("a block of the future is not believed, but for clocks that differ", () => {
  expect(codes(live, tip(NOW + MINUTE), NOW, null)).toEqual([]);
  expect(codes(live, tip(NOW + MINUTE + SECOND), NOW, null)).toEqual(["NODE_STALE"]);
});

test("a node may go back by its confirmations and no further", () => {
  expect(codes(live, tip(NOW, 97n), NOW, 100n)).toEqual([]);
  expect(codes(live, tip(NOW, 96n), NOW, 100n)).toEqual(["NODE_STALE"]);
});

test("a world's time is its own, and it may go back", () => {
  expect(codes({ ...live, rpc: "world" }, tip(NOW - 1000 * MINUTE, 1n), NOW, 100n)).toEqual([]);
});
