import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { amountsOf, type RequestState } from "./fold-wallet.ts";
import { EVER, RequestHistory } from "./request-history.ts";
import { NO_AMOUNTS, reserved } from "./testing/wallet-story.ts";

function requestOf(key: string, cycle: number, cents: number, closedAt: number | null): RequestState {
  const entry = reserved(key, cycle);
  if (entry.kind !== "reserved") throw new TypeError("a reservation");
  const rest = { transactions: [], signature: null, settled: null, reservedAt: 0, phase: "reserved" } as const;
  const amounts = amountsOf({ ...NO_AMOUNTS, spend_usd: (cents / 100).toFixed(2) });
  return { key, cycle, step: 1, reserved: entry.body, amounts, closedAt, ...rest };
}

const changes = fc.array(
  fc.record({
    key: fc.nat(70).map(String),
    cycle: fc.nat(5),
    cents: fc.constantFrom(0, 1, 250),
    closedAt: fc.option(fc.nat(20), { nil: null }),
  }),
  { maxLength: 120 },
);

function same(some: readonly RequestState[], others: readonly RequestState[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i]);
}

/** Enough of them fill branches, which end before, within and after the window. */
function longAgo(_: unknown, i: number) {
  return { key: `old ${i}`, cycle: Math.floor(i / 100), cents: i % 3, closedAt: i % 97 === 0 ? null : Math.floor(i / 25) };
}

test("a history says what a plain map of its requests says, in the order in which they came", () => {
  fc.assert(
    fc.property(fc.nat(600), changes, fc.nat(20), fc.nat(5), (old, steps, after, cycle) => {
      const plain = new Map<string, RequestState>();
      let history = new RequestHistory();
      for (const step of [...Array.from({ length: old }, longAgo), ...steps]) {
        const request = requestOf(step.key, step.cycle, step.cents, step.closedAt);
        plain.set(step.key, request);
        history = history.with(request);
      }
      const all = [...plain.values()];
      expect(same(history.values(), all)).toBe(true);
      expect(history.get("7")).toBe(plain.get("7"));
      const late = all.filter(({ closedAt }) => closedAt === null || closedAt > after);
      expect(same(history.since(after), late)).toBe(true);
      const kept = new Set(history.leavesSince(after).flatMap((leaf) => [...leaf.values()]));
      expect(late.filter((one) => !kept.has(one))).toEqual([]);
      expect(
        same(
          history.ofCycle(cycle),
          all.filter((one) => one.cycle === cycle),
        ),
      ).toBe(true);
      const centsOf = (requests: readonly RequestState[]) =>
        requests.reduce((total, { amounts }) => total + amounts.spend_usd.times(100).toNumber(), 0);
      expect(history.sumSince("spend_usd", after).times(100).toNumber()).toBe(centsOf(late));
      expect(history.sumSince("spend_usd", EVER).times(100).toNumber()).toBe(centsOf(all));
      const ends = late.flatMap(({ closedAt, amounts }) => (closedAt === null || amounts.spend_usd.isZero() ? [] : [closedAt]));
      expect(history.firstSince("spend_usd", after)).toBe(ends.length === 0 ? null : Math.min(...ends));
    }),
  );
});

test("a step of one request leaves the history before it as it was, and every other leaf where it is", () => {
  const before = Array.from({ length: 100 }, (_, i) => requestOf(String(i), i, 100, i)).reduce(
    (history, request) => history.with(request),
    new RequestHistory(),
  );
  const after = before.with(requestOf("50", 50, 300, null));
  expect(before.get("50")?.closedAt).toBe(50);
  expect(before.sumSince("spend_usd", EVER)).toEqual(decimal(100));
  expect(after.sumSince("spend_usd", EVER)).toEqual(decimal(102));
  expect(after.leaves.filter((leaf, i) => leaf !== before.leaves[i])).toHaveLength(1);
});
