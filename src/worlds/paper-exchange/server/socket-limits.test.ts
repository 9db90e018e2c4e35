import { expect, test } from "vitest";
import { SocketLimits } from "./socket-limits.ts";

test("an address has a hundred connections, and another after one of them has ended", () => {
  const limits = new SocketLimits(() => 0);
  const leave = Array.from({ length: 100 }, () => limits.connect("a"));
  expect(leave).not.toContain(null);
  expect(limits.connect("a")).toBeNull();
  expect(limits.connect("b")).not.toBeNull();
  leave[7]?.();
  expect(limits.connect("a")).not.toBeNull();
  expect(limits.connect("a")).toBeNull();
});

test("an address is heard two thousand times in any minute", () => {
  let now = 0;
  const limits = new SocketLimits(() => now);
  for (let n = 0; n < 2_000; n += 1) {
    now = n;
    expect(limits.hear("a")).toBe(true);
  }
  expect(limits.hear("a")).toBe(false);
  expect(limits.hear("b")).toBe(true);
  now = 59_999;
  expect(limits.hear("a")).toBe(false);
  now = 60_000;
  expect(limits.hear("a")).toBe(true);
  expect(limits.hear("a")).toBe(false);
});
