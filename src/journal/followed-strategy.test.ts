import { expect, test } from "vitest";
import { followedAfter } from "./followed-strategy.ts";

const follows = (strategy: unknown) => ({ kind: "strategy-followed", strategy });

test("a strategy is followed since it was first noted, until another is", () => {
  const first = followedAfter(null, follows("trend"), 10);
  expect(first).toEqual({ strategy: "trend", since: 10 });
  expect(followedAfter(first, follows("trend"), 20)).toBe(first);
  expect(followedAfter(first, follows("range"), 30)).toEqual({ strategy: "range", since: 30 });
});

test.each([null, "strategy-followed", { kind: "model-answer", strategy: "x" }, follows(7), follows(null), {}])(
  "a note that says no strategy changes nothing: %j",
  (note) => {
    const before = { strategy: "trend", since: 10 };
    expect(followedAfter(before, note, 20)).toBe(before);
  },
);

test("what an agent notes is bounded in the gateway's memory", () => {
  expect(followedAfter(null, follows("x".repeat(5_000)), 1)?.strategy).toHaveLength(100);
});
