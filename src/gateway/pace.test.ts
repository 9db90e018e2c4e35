import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../core/clock.ts";
import { Pace } from "./pace.ts";

const NOW = Date.UTC(2026, 0, 5);
const SIXTY = Array.from({ length: 60 }, (_, i) => i);

test("a burst passes at once, and after it one a second: nobody waits for a whole minute", () => {
  const pace = new Pace(60);
  for (const _ of SIXTY) expect(pace.take(NOW)).toEqual({ ok: true });
  expect(pace.take(NOW)).toEqual({ ok: false, again: NOW + SECOND });
  expect(pace.take(NOW + SECOND)).toEqual({ ok: true });
  expect(pace.take(NOW + SECOND)).toEqual({ ok: false, again: NOW + 2 * SECOND });
  expect(pace.take(NOW + MINUTE).ok).toBe(true);
});

test("what is given back can be taken again, and idle time saves up no more than one burst", () => {
  const pace = new Pace(60);
  for (let i = 0; i < 500; i += 1) {
    expect(pace.take(NOW).ok).toBe(true);
    pace.giveBack();
  }
  const later = NOW + 60 * MINUTE;
  for (const _ of SIXTY) expect(pace.take(later).ok).toBe(true);
  expect(pace.take(later).ok).toBe(false);
});

test("a clock that is set back keeps nobody waiting for longer than a second", () => {
  const pace = new Pace(60);
  for (const _ of SIXTY) pace.take(NOW);
  expect(pace.take(NOW - 60 * MINUTE)).toEqual({ ok: false, again: NOW - 60 * MINUTE + SECOND });
});
