import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE, WEEK } from "../core/clock.ts";
import { ALWAYS, isOpenAt, nextOpening, readHours } from "./hours.ts";
import { parseSample } from "./testing/sample-mandate.ts";

/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 0, 5);
const at = (day: number, hour: number, minute = 0) => MONDAY + day * DAY + hour * HOUR + minute * MINUTE;

test.each([
  ["mon-fri 08:00-20:00", at(0, 8), true],
  ["mon-fri 08:00-20:00", at(0, 8) - 1, false],
  ["mon-fri 08:00-20:00", at(4, 20) - 1, true],
  ["mon-fri 08:00-20:00", at(4, 20), false],
  ["mon-fri 08:00-20:00", at(5, 12), false],
  ["fri 22:00-06:00", at(4, 22), true],
  ["fri 22:00-06:00", at(5, 6) - 1, true],
  ["fri 22:00-06:00", at(5, 6), false],
  ["fri 22:00-06:00", at(4, 5), false],
  ["sun 22:00-06:00", at(0, 5, 59), true],
  ["sun 22:00-06:00", at(0, 6), false],
  ["sat-mon 00:00-24:00", at(6, 23, 59), true],
  ["sat-mon 00:00-24:00", at(0, 12), true],
  ["sat-mon 00:00-24:00", at(1, 0), false],
  ["tue,thu 10:00-11:00", at(3, 10), true],
  ["tue,thu 10:00-11:00", at(2, 10), false],
  ["10:00-11:00", at(6, 10, 30), true],
])("%s is open at %i: %s", (text, now, open) => {
  expect(isOpenAt([text], now)).toBe(open);
});

test.each([
  ["mon-fri 08:00-20:00", at(4, 20), at(7, 8)],
  ["mon-fri 08:00-20:00", at(0, 7), at(0, 8)],
  ["sun 22:00-06:00", at(0, 6), at(6, 22)],
])("after %s has closed it opens next when its next day begins", (text, now, opens) => {
  expect(nextOpening([text], now)).toBe(opens);
});

test.each([
  "",
  "mon",
  "8:00-20:00",
  "mon-fri 08:00",
  "mon-fri 08:00-08:00",
  "24:00-08:00",
  "08:00-24:01",
  "foo 08:00-09:00",
  "mon-tue-wed 08:00-09:00",
  "25:00-26:00",
])("%j is no time of the week", (text) => {
  expect(readHours(text)).toBeNull();
});

test("all of the week is always open, and nothing is never", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), (now) => isOpenAt([ALWAYS], now) && !isOpenAt([], now)));
  expect(nextOpening([], MONDAY)).toBeNull();
});

test("the next opening is open, the instant before it is not, and it is within a week", () => {
  const clock = fc.tuple(fc.nat(23), fc.nat(59)).map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
  const days = fc.constantFrom("mon", "sat-tue", "wed,fri", "mon-sun");
  fc.assert(
    fc.property(days, clock, clock, fc.integer({ min: 0, max: 4e12 }), (day, from, to, now) => {
      const text = `${day} ${from}-${to}`;
      fc.pre(readHours(text) !== null && !isOpenAt([text], now));
      const opens = nextOpening([text], now) ?? Number.NaN;
      return opens > now && opens <= now + WEEK && isOpenAt([text], opens) && !isOpenAt([text], opens - 1);
    }),
  );
});

test("the file may write them in any case and with more spaces", () => {
  const { terms } = parseSample([
    "  max_slippage_bps: 50",
    "  allowed_hours: [Mon - Fri  08:00 - 20:00]\n  max_slippage_bps: 50",
  ]);
  expect(terms.limits.allowed_hours).toEqual(["mon-fri 08:00-20:00"]);
});
