import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, type Instant, WEEK } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { AllowanceBody, SettledBody, WalletEntry } from "./entries.ts";
import { budgetsAt } from "./fold-budgets.ts";
import { allowanceKey } from "./live-allowances.ts";
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

test("a cycle's units are what its requests reserved to give up of each token, filled better or not, and none of what was released", () => {
  const bound = (asset: string, least: string, account = "wallet") => ({ account, asset, least, most: least });
  const giving = (key: string, cycle: number, ...bounds: readonly ReturnType<typeof bound>[]): WalletEntry => {
    const entry = reserved(key, cycle);
    return entry.kind === "reserved" ? { ...entry, body: { ...entry.body, bounds } } : entry;
  };
  const state = foldOf(
    [0, giving("a", 1, bound("base/MON", "-3"), bound("base/USDC", "30"))],
    [1, settled("a", "confirmed")],
    // By way of an own position: it goes once.
    [2, giving("b", 1, bound("base/MON", "-1.5"), bound("base/MON", "-2", "positions"), bound("base/WETH", "-1"))],
    [3, giving("c", 1, bound("base/MON", "-9"))],
    [4, settled("c", "released")],
  );
  expect(budgetsAt(state, 5, 1).cycle_units).toEqual({ MON: decimal(5), WETH: decimal(1) });
  expect(budgetsAt(state, 5, 2)).not.toHaveProperty("cycle_units");
});

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

test.each([
  ["spend_hour_usd", HOUR, "max_hourly_spend_usd"],
  ["spend_usd", DAY, "max_daily_spend_usd"],
  ["spend_week_usd", WEEK, "max_weekly_spend_usd"],
] as const)(
  "%s counts a reservation in full until it ends, what really happened after, and nothing a window later",
  (part, length, limit) => {
    const open = foldOf([0, reserved("a", 1, { spend_usd: "30" })]);
    expect(budgetsAt(open, 100 * WEEK, 2)[part].toFixed()).toBe("30");
    const state = foldOf([0, reserved("a", 1, { spend_usd: "30" })], [1000, settled("a", "confirmed", { spend_usd: "20" })]);
    expect(budgetsAt(state, 1000 + length - 1, 2)[part].toFixed()).toBe("20");
    expect(budgetsAt(state, 1000 + length - 1, 2).refills[limit]).toBe(1000 + length);
    expect(budgetsAt(state, 1000 + length, 2)[part].toFixed()).toBe("0");
  },
);

test("what is spent in all is every settled amount since the first entry, and never comes back", () => {
  const state = foldOf(
    [0, reserved("a", 1, { spend_usd: "30" })],
    [1, settled("a", "confirmed", { spend_usd: "30" })],
    [2, reserved("b", 2, { spend_usd: "9" })],
    [3, settled("b", "released")],
  );
  const budgets = budgetsAt(state, 1000 * WEEK, 3);
  expect(budgets.spend_total_usd.toFixed()).toBe("30");
  expect(budgets.refills).toEqual({});
});

const left = (before: string, after: string, price = "2"): AllowanceBody => ({
  owner: "0xaa",
  asset: "base/WETH",
  spender: "0xbb",
  before,
  after,
  price,
});
function allowing(key: string, ...allowances: readonly AllowanceBody[]): WalletEntry {
  const entry = settled(key, "confirmed");
  return entry.kind === "settled" ? { kind: "settled", body: { ...entry.body, allowances } } : entry;
}
const KEY = allowanceKey({ owner: "0xaa", asset: "base/WETH", spender: "0xbb" });

test("what a settled request left allowed is live until a later one says that it is gone, however long that takes", () => {
  const story: readonly Told[] = [
    [0, reserved("a", 1)],
    [1, allowing("a", left("0", "5"))],
  ];
  const live = budgetsAt(foldOf(...story), 1000 * WEEK, 2).allowances;
  expect(live[KEY]).toMatchObject({ amount: decimal(5), usd: decimal(10) });
  const used: readonly Told[] = [...story, [2, reserved("b", 2)], [3, allowing("b", left("5", "2"))]];
  expect(budgetsAt(foldOf(...used), 4, 3).allowances[KEY]?.amount.toFixed()).toBe("2");
  const gone: readonly Told[] = [...used, [4, reserved("c", 3)], [5, allowing("c", left("2", "0"))]];
  expect(budgetsAt(foldOf(...gone), 6, 4).allowances).toEqual({});
});

test("what was allowed before anything was followed is followed once it is widened, and not while it is used up", () => {
  const used = foldOf([0, reserved("a", 1)], [1, allowing("a", left("9", "4"))]);
  expect(budgetsAt(used, 2, 2).allowances).toEqual({});
  const widened = foldOf([0, reserved("a", 1)], [1, allowing("a", left("9", "12"))]);
  expect(budgetsAt(widened, 2, 2).allowances[KEY]?.amount.toFixed()).toBe("12");
});

test("a request that the chain took back takes its allowance back with it", () => {
  const reopened: WalletEntry = { kind: "reopened", body: { key: "a", reason: "another block" } };
  const state = foldOf([0, reserved("a", 1, { spend_usd: "10" })], [1, allowing("a", left("0", "5"))], [2, reopened]);
  expect(budgetsAt(state, 3, 2).allowances).toEqual({});
  expect(budgetsAt(state, 3, 2).spend_usd.toFixed()).toBe("10");
});

test("whom a request called is known from its reservation on, and not where that came back unused", () => {
  const addresses = ["base 0x01"];
  const state = foldOf([0, reserved("a", 1, {}, { addresses })], [1, reserved("b", 1, {}, { addresses: ["base 0x02"] })]);
  expect(budgetsAt(state, 2, 1).met).toEqual(["base 0x01", "base 0x02"]);
  const back = foldOf([0, reserved("a", 1, {}, { addresses })], [1, settled("a", "released")]);
  expect(budgetsAt(back, 2, 1)).not.toHaveProperty("met");
});

test("holdings are among the budgets where they are on several chains, and one chain's are not repeated in every judgment", () => {
  const state = foldOf([0, opened(1, "100")]);
  const held = (...assets: readonly string[]) => Object.fromEntries(assets.map((asset) => [`wallet ${asset}`, decimal(1)]));
  expect(budgetsAt({ ...state, holdings: held("base/USDC", "base/ETH") }, 1, 1)).not.toHaveProperty("held");
  const both = held("base/USDC", "arb/USDC");
  expect(budgetsAt({ ...state, holdings: both }, 1, 1).held).toEqual(both);
});
