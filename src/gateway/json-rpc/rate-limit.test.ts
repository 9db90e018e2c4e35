import fc from "fast-check";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../core/clock.ts";
import { RateLimit } from "./rate-limit.ts";

test("so many pass in a minute, and the next is told when", () => {
  const limit = new RateLimit(2);
  expect(limit.take(0)).toEqual({ ok: true });
  expect(limit.take(10 * SECOND)).toEqual({ ok: true });
  expect(limit.take(59 * SECOND)).toEqual({ ok: false, again: MINUTE });
  expect(limit.take(MINUTE)).toEqual({ ok: true });
  expect(limit.take(MINUTE)).toEqual({ ok: false, again: MINUTE + 10 * SECOND });
});

test("no minute, wherever it begins, sees more than its number pass", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 * SECOND }), { maxLength: 80 }), (gaps) => {
      const limit = new RateLimit(5);
      const passed: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        if (limit.take(now).ok) passed.push(now);
      }
      for (const from of passed) expect(passed.filter((at) => at >= from && at < from + MINUTE).length).toBeLessThanOrEqual(5);
    }),
  );
});
