import { expect, test } from "vitest";
import { CLOCK_JUMPED, KILLED, resumeAfter, stopAfter } from "./stops.ts";

const order = { text: "{}", signature: "0x" };
const clock = { code: CLOCK_JUMPED, reason: "it slept" };
const found = { code: "NONCE_MISMATCH", reason: "another key" };

test("a stop of the clock's gives way to any other, and no other gives way to it", () => {
  expect(stopAfter(clock, found)).toBe(found);
  expect(stopAfter(found, clock)).toBe(found);
  const freeze = { code: "FROZEN_BY_OPERATOR", reason: "look", order };
  expect(stopAfter(clock, freeze)).toBe(freeze);
  expect(stopAfter(freeze, clock)).toBe(freeze);
  expect(stopAfter(clock, { ...clock, reason: "again" })).toBe(clock);
});

test.each([found, { code: KILLED, reason: "enough", order }, { code: CLOCK_JUMPED, reason: "by a person", order }])(
  "a clock that is right again ends its own stop and not %o, and forgives no failures",
  (stopped) => {
    const right = { why: "the chain agrees", by: "clock" } as const;
    expect(resumeAfter({ stopped: clock, consecutiveFailures: 2 }, right)).toEqual({ stopped: null, consecutiveFailures: 2 });
    expect(resumeAfter({ stopped, consecutiveFailures: 2 }, right)).toEqual({ stopped, consecutiveFailures: 2 });
    expect(resumeAfter({ stopped, consecutiveFailures: 2 }, { why: "looked at" })).toEqual({
      stopped: null,
      consecutiveFailures: 0,
    });
  },
);
