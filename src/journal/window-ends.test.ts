import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE, WEEK } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { type Budgets, budgetsAt } from "./fold-budgets.ts";
import type { FleetState } from "./fold-fleet.ts";
import { foldOf, reserved, settled, type Told } from "./testing/wallet-story.ts";
import { windowEnds } from "./window-ends.ts";

const AMOUNTS = { spend_usd: "30", loss_usd: "1", gas_usd: "0.5" };

test("a budget has more room when the first part leaves it, and is whole when the last one has", () => {
  const state = foldOf(
    [0, reserved("a", 1, AMOUNTS)],
    [1000, settled("a", "confirmed", AMOUNTS)],
    [2000, reserved("b", 2, AMOUNTS)],
    [5000, settled("b", "confirmed", AMOUNTS)],
  );
  const ends = windowEnds(state, 6000, 3);
  expect(ends.max_hourly_spend_usd).toEqual({ next: 1000 + HOUR, full: 5000 + HOUR });
  expect(ends.max_daily_spend_usd).toEqual({ next: 1000 + DAY, full: 5000 + DAY });
  expect(ends.max_weekly_spend_usd).toEqual({ next: 1000 + WEEK, full: 5000 + WEEK });
  expect(ends.max_daily_loss_usd).toEqual({ next: 1000 + DAY, full: 5000 + DAY });
  expect(ends.max_gas_usd_per_day).toEqual({ next: 1000 + DAY, full: 5000 + DAY });
  expect(ends.exit_gas_usd_per_day).toBeUndefined();
});

test("nobody knows when a budget is whole while a part of it is open", () => {
  const state = foldOf(
    [0, reserved("a", 1, AMOUNTS)],
    [1000, settled("a", "confirmed", AMOUNTS)],
    [2000, reserved("b", 2, AMOUNTS)],
  );
  expect(windowEnds(state, 3000, 3).max_daily_spend_usd).toEqual({ next: 1000 + DAY, full: null });
});

test("a cycle of two trades makes room in the rate when the last of them is an hour old", () => {
  const state = foldOf(
    [0, reserved("a", 1, AMOUNTS)],
    [1000, settled("a", "confirmed", AMOUNTS)],
    [2000, reserved("b", 1, AMOUNTS)],
    [5000, settled("b", "confirmed", AMOUNTS)],
  );
  expect(windowEnds(state, 6000, 2).max_trades_per_hour).toEqual({ next: 5000 + HOUR, full: 5000 + HOUR });
  expect(windowEnds(state, 6000, 1).max_trades_per_hour).toBeUndefined();
  expect(budgetsAt(state, 5000 + HOUR - 1, 2).trades_last_hour).toBe(1);
  expect(budgetsAt(state, 5000 + HOUR, 2).trades_last_hour).toBe(0);
});

test("budgets in units of a token and shared ones have ends of their own", () => {
  const units = { ...AMOUNTS, spend_units: { WETH: "2" } };
  const state = foldOf([0, reserved("a", 1, units)], [1000, settled("a", "confirmed", units)]);
  const part = { spend_usd: decimal(5), loss_usd: decimal(0), closedAt: 3000 };
  const fleet: FleetState = { seq: 1, at: 3000, parts: new Map([["w a", part]]), allowed: {} };
  const ends = windowEnds(state, 4000, 2, fleet);
  expect(ends["max_daily_spend WETH"]).toEqual({ next: 1000 + DAY, full: 1000 + DAY });
  expect(ends["fleet.max_daily_spend_usd"]).toEqual({ next: 3000 + DAY, full: 3000 + DAY });
  expect(ends["fleet.max_daily_loss_usd"]).toBeUndefined();
  const live = windowEnds(state, 4000, 2, { ...fleet, allowed: { other: decimal(1) } });
  expect(live["fleet.max_daily_spend_usd"]).toEqual({ next: 3000 + DAY, full: null });
});

const USED: Readonly<Record<string, (budgets: Budgets) => number>> = {
  max_hourly_spend_usd: ({ spend_hour_usd }) => spend_hour_usd.toNumber(),
  max_daily_spend_usd: ({ spend_usd }) => spend_usd.toNumber(),
  max_weekly_spend_usd: ({ spend_week_usd }) => spend_week_usd.toNumber(),
  max_daily_loss_usd: ({ loss_usd }) => loss_usd.toNumber(),
  max_gas_usd_per_day: ({ gas_usd }) => gas_usd.toNumber(),
  max_trades_per_hour: ({ trades_last_hour }) => trades_last_hour,
};

test("nothing comes back before the time that is named, something does at it, and all has at the other", () => {
  const trade = fc.record({
    after: fc.integer({ min: 1, max: 40 * MINUTE }),
    usd: fc.integer({ min: 0, max: 50 }),
    loss: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(trade, { minLength: 1, maxLength: 12 }), (trades) => {
      const story: Told[] = [];
      let at = 0;
      for (const [i, { after, usd, loss }] of trades.entries()) {
        const amounts = { spend_usd: String(usd), loss_usd: String(loss), gas_usd: "0.1" };
        story.push([at, reserved(`r${i}`, i + 1, amounts)], [at + after, settled(`r${i}`, "confirmed", amounts)]);
        at += after;
      }
      const state = foldOf(...story);
      const cycle = trades.length + 1;
      const ends = windowEnds(state, at, cycle);
      for (const [name, used] of Object.entries(USED)) {
        const when = (instant: number) => used(budgetsAt(state, instant, cycle));
        const { next, full } = ends[name] ?? { next: null, full: null };
        if (next === null || full === null) {
          expect(when(at)).toBe(0);
          continue;
        }
        expect(when(next - 1)).toBe(when(at));
        expect(when(next)).toBeLessThan(when(at));
        expect(when(full - 1)).toBeGreaterThan(0);
        expect(when(full)).toBe(0);
      }
    }),
    { numRuns: 50 },
  );
});
