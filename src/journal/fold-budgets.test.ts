import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, type Instant } from "../core/clock.ts";
import type { SettledBody } from "./entries.ts";
import { budgetsAt } from "./fold-budgets.ts";
import { foldOf, opened, reserved, settled, type Told } from "./testing/wallet-story.ts";

test("a window is half-open: what ended a day ago to the millisecond is out", () => {
  const state = foldOf([0, reserved("a", 1, { spend_usd: "30" })], [1000, settled("a", "confirmed", { spend_usd: "30" })]);
  expect(budgetsAt(state, 1000 + DAY - 1, 2).spend_usd.toFixed()).toBe("30");
  expect(budgetsAt(state, 1000 + DAY, 2).spend_usd.toFixed()).toBe("0");
  expect(budgetsAt(state, 1000 + DAY - 1, 2).refills).toMatchObject({ max_daily_spend_usd: 1000 + DAY });
});

test("what is open or unresolved counts in full for ever, and names no refill", () => {
  const story: readonly Told[] = [
    [0, reserved("a", 1, { spend_usd: "30", loss_usd: "1" })],
    [1, reserved("b", 1, { spend_usd: "5" })],
    [2, settled("b", "unresolved")],
  ];
  const budgets = budgetsAt(foldOf(...story), 400 * DAY, 2);
  expect(budgets.spend_usd.toFixed()).toBe("35");
  expect(budgets.loss_usd.toFixed()).toBe("1");
  expect(budgets.refills).toEqual({});
  expect(budgets.last_trade_at).toBe(400 * DAY);
  expect(budgets.trades_last_hour).toBe(1);
});

test("what was released counts nowhere", () => {
  const state = foldOf([0, reserved("a", 1, { spend_usd: "30", buys_usd: "30" })], [1, settled("a", "released")]);
  expect(budgetsAt(state, 2, 1)).toMatchObject({
    cycle_actions: 0,
    cycle_spent: false,
    trades_last_hour: 0,
    last_trade_at: null,
  });
  expect(budgetsAt(state, 2, 1).spend_usd.toFixed()).toBe("0");
  expect(budgetsAt(state, 2, 1).cycle_buys_usd.toFixed()).toBe("0");
});

test("a clock set back frees nothing: a window never ends before the last entry", () => {
  const state = foldOf(
    [10 * DAY, reserved("a", 1, { spend_usd: "30" })],
    [10 * DAY, settled("a", "confirmed", { spend_usd: "30" })],
  );
  expect(budgetsAt(state, 0, 2)).toMatchObject({ at: 10 * DAY });
  expect(budgetsAt(state, 0, 2).spend_usd.toFixed()).toBe("30");
});

test("settling below what was reserved frees the rest of the day's budget, and nothing of the cycle's sum", () => {
  const state = foldOf(
    [0, reserved("a", 1, { spend_usd: "400", buys_usd: "400" })],
    [1, settled("a", "confirmed", { spend_usd: "10", buys_usd: "10" })],
  );
  const budgets = budgetsAt(state, 2, 1);
  expect([budgets.spend_usd.toFixed(), budgets.cycle_buys_usd.toFixed()]).toEqual(["10", "400"]);
  expect(budgetsAt(state, 2, 2).cycle_buys_usd.toFixed()).toBe("0");
});

test("rates count cycles that traded, not requests, not this cycle's own, and not what got safer", () => {
  const state = foldOf(
    [0, reserved("a", 1)],
    [0, settled("a", "confirmed")],
    [1, reserved("b", 1)],
    [1, settled("b", "rejected")],
    [2, reserved("c", 2, {}, { class: "reduce" })],
    [2, settled("c", "confirmed")],
    [3, reserved("d", 3, {}, { class: "trade" })],
    [3, settled("d", "confirmed")],
  );
  expect(budgetsAt(state, 4, 4)).toMatchObject({ trades_last_hour: 2, last_trade_at: 3, cycle_spent: false });
  expect(budgetsAt(state, 4, 3)).toMatchObject({ trades_last_hour: 1, last_trade_at: 1, cycle_spent: true });
  expect(budgetsAt(state, 1 + HOUR - 1, 4).trades_last_hour).toBe(2);
  expect(budgetsAt(state, 1 + HOUR, 4).trades_last_hour).toBe(1);
  expect(budgetsAt(state, 3 + HOUR, 4).trades_last_hour).toBe(0);
});

test("units are summed by token", () => {
  const state = foldOf(
    [0, reserved("a", 1, { spend_units: { GOV: "2", MON: "1" } })],
    [1, reserved("b", 1, { spend_units: { GOV: "0.5" } })],
  );
  expect(
    Object.fromEntries(Object.entries(budgetsAt(state, 2, 1).spend_units).map(([token, sum]) => [token, sum.toFixed()])),
  ).toEqual({ GOV: "2.5", MON: "1" });
});

interface Step {
  readonly wait: number;
  readonly what: "reserve" | SettledBody["outcome"] | "open";
  readonly cents: number;
}

const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.nat(1000), fc.constantFrom(HOUR, DAY / 2, DAY - 1, DAY)),
    what: fc.constantFrom<Step["what"]>("reserve", "reserve", "confirmed", "rejected", "released", "unresolved", "open"),
    cents: fc.nat(100_000),
  }),
  { maxLength: 40 },
);

test("budgets after any sequence of reservations and settlements equal a naive recount", () => {
  fc.assert(
    fc.property(steps, fc.nat(2 * DAY), (sequence, later) => {
      const story: Told[] = [];
      const books: { cents: number; worst: number; cycle: number; ended: Instant | null; gone: boolean }[] = [];
      let at = 0;
      let cycle = 1;
      for (const { wait, what, cents } of sequence) {
        at += wait;
        if (what === "open") {
          cycle += 1;
          story.push([at, opened(cycle)]);
        } else if (what === "reserve") {
          story.push([
            at,
            reserved(`r${books.length}`, cycle, { spend_usd: (cents / 100).toFixed(2), buys_usd: (cents / 100).toFixed(2) }),
          ]);
          books.push({ cents, worst: cents, cycle, ended: null, gone: false });
        } else {
          const i = books.findIndex(({ ended }) => ended === null);
          const book = books[i];
          if (!book) continue;
          const actual = Math.min(cents, book.worst);
          story.push([at, settled(`r${i}`, what, { spend_usd: what === "released" ? "0" : (actual / 100).toFixed(2) })]);
          if (what !== "unresolved")
            Object.assign(book, { cents: what === "released" ? 0 : actual, ended: at, gone: what === "released" });
        }
      }
      const now = at + later;
      const budgets = budgetsAt(foldOf(...story), now, cycle);
      const day = books.filter(({ ended }) => ended === null || now - ended < DAY);
      expect(budgets.spend_usd.times(100).toNumber()).toBe(day.reduce((sum, { cents }) => sum + cents, 0));
      const own = books.filter((book) => book.cycle === cycle && !book.gone);
      expect(budgets.cycle_buys_usd.times(100).toNumber()).toBe(own.reduce((sum, { worst }) => sum + worst, 0));
      const others = books.filter(
        (book) => book.cycle !== cycle && !book.gone && (book.ended === null || now - book.ended < HOUR),
      );
      expect(budgets.trades_last_hour).toBe(new Set(others.map((book) => book.cycle)).size);
    }),
    { numRuns: 500 },
  );
});
