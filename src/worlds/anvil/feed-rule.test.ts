import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { feedIsDue } from "./feed-rule.ts";

const rule = { deviationBps: 50, heartbeat: 3300 };
const last = { price: decimal("3000"), updatedAt: 1000 };

test("a move of exactly the deviation is due, in both directions, and less is not", () => {
  expect(feedIsDue(last, decimal("3015"), 1060, rule)).toBe(true);
  expect(feedIsDue(last, decimal("2985"), 1060, rule)).toBe(true);
  expect(feedIsDue(last, decimal("3014.99"), 1060, rule)).toBe(false);
  expect(feedIsDue(last, decimal("2985.01"), 1060, rule)).toBe(false);
});

test("the heartbeat is due without a move", () => {
  expect(feedIsDue(last, last.price, 4299, rule)).toBe(false);
  expect(feedIsDue(last, last.price, 4300, rule)).toBe(true);
});

test("an answer that is no price is always due", () => {
  expect(feedIsDue({ ...last, price: decimal("0") }, decimal("3000"), 1001, rule)).toBe(true);
  expect(feedIsDue({ ...last, price: decimal("-5") }, decimal("3000"), 1001, rule)).toBe(true);
});
