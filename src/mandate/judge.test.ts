import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import type { Effects, GasBound, Prices } from "../protocols/effects.ts";
import { budgetsLeft, judge } from "./judge.ts";
import type { Limits } from "./terms.ts";
import { budgetsWith, buying, delta, effectsWith, held, NOW, PRICES, selling, swapCall, termsWith } from "./testing/judging.ts";

const usd = (amount: string | number) => decimal(amount);

interface Case {
  readonly limits?: Partial<Limits>;
  readonly effects?: Effects;
  readonly prices?: Prices;
  readonly budgets?: Partial<Budgets>;
}

function verdictOf({ limits, effects = effectsWith(), prices = PRICES, budgets }: Case) {
  return judge(termsWith(limits), effects, prices, budgetsWith(budgets), NOW);
}

/** The codes of a denial or a question; empty when allowed. */
function codes(given: Case): readonly string[] {
  const verdict = verdictOf(given);
  const violations = verdict.kind === "deny" ? verdict.violations : verdict.kind === "ask" ? verdict.because : [];
  return violations.map(({ code }) => code);
}

function gasOf(most: string): GasBound {
  return { chain: "base", asset: "base/ETH", units: 100_000n, maxFeePerGas: 1n, most: decimal(most) };
}

const traded = { trades_last_hour: 2, last_trade_at: NOW - MINUTE };

test("what needs no limit is allowed, and says what is left", () => {
  expect(verdictOf({ effects: buying(100), limits: { max_daily_spend_usd: usd(150) } })).toMatchObject({
    kind: "allow",
    atWorst: { class: "spend" },
    left: expect.arrayContaining([expect.objectContaining({ budget: "max_daily_spend_usd", left: usd(50) })]),
  });
});

test.each([
  [
    "a single trade",
    { max_single_trade_usd: usd(500) },
    (over: boolean) => buying(over ? "500.000001" : 500),
    {},
    "TRADE_TOO_LARGE",
  ],
  [
    "a sale as a single trade",
    { max_single_trade_usd: usd(500) },
    (over: boolean) => selling(over ? "500.000001" : 500),
    {},
    "TRADE_TOO_LARGE",
  ],
  [
    "a cycle's buys",
    { max_single_trade_usd: usd(500) },
    (over: boolean) => buying(over ? "100.01" : 100),
    { cycle_buys_usd: usd(400) },
    "TRADE_TOO_LARGE",
  ],
  [
    "a cycle's sales",
    { max_single_trade_usd: usd(500) },
    (over: boolean) => selling(over ? "100.01" : 100),
    { cycle_sells_usd: usd(400) },
    "TRADE_TOO_LARGE",
  ],
  [
    "a day's spending",
    { max_daily_spend_usd: usd(2000) },
    (over: boolean) => buying(over ? "100.01" : 100),
    { spend_usd: usd(1900) },
    "DAILY_SPEND",
  ],
  [
    "a day's loss",
    { max_daily_loss_usd: usd(60) },
    (over: boolean) => buying(1000, over ? 11 : 10),
    { loss_usd: usd(59) },
    "DAILY_LOSS",
  ],
  ["slippage", { max_slippage_bps: usd(50) }, (over: boolean) => buying(1000, over ? 51 : 50), {}, "SLIPPAGE"],
  ["slippage of a sale", { max_slippage_bps: usd(50) }, (over: boolean) => selling(1000, over ? 51 : 50), {}, "SLIPPAGE"],
  [
    "a position",
    { max_position_size_usd: usd(5500) },
    (over: boolean) => buying(over ? "500.01" : 500),
    {},
    "POSITION_TOO_LARGE",
  ],
  [
    "gas",
    { max_gas_usd_per_day: usd(5) },
    (over: boolean) => ({ ...buying(100), gas: [gasOf(over ? "0.0011" : "0.001")] }),
    { gas_usd: usd("2.5") },
    "GAS_BUDGET",
  ],
  [
    "a deadline",
    { max_deadline_seconds: usd(240) },
    (over: boolean) => ({ ...buying(100), deadline: NOW + 240 * SECOND + (over ? 1 : 0) }),
    {},
    "DEADLINE_TOO_FAR",
  ],
  [
    "a cycle's actions",
    { max_actions_per_plan: usd(3) },
    (over: boolean) => ({ ...buying(100), calls: over ? [swapCall(), swapCall()] : [swapCall()] }),
    { cycle_actions: 2 },
    "ACTIONS_PER_PLAN",
  ],
] as const)("%s is allowed at its limit and denied past it", (_, limits, effects, budgets, code) => {
  expect(codes({ limits, budgets, effects: effects(false) })).toEqual([]);
  expect(codes({ limits, budgets, effects: effects(true) })).toEqual([code]);
});

test.each([
  ["trades in an hour", { max_trades_per_hour: usd(3) }, { trades_last_hour: 2 }, { trades_last_hour: 3 }, "TRADES_PER_HOUR"],
  ["a cooldown", { cooldown_seconds: usd(60) }, { last_trade_at: NOW - MINUTE }, { last_trade_at: NOW - MINUTE + 1 }, "COOLDOWN"],
  [
    "failures in a row",
    { max_consecutive_failures: usd(2) },
    { consecutive_failures: 1 },
    { consecutive_failures: 2 },
    "BREAKER",
  ],
  ["a freeze", {}, { frozen: null }, { frozen: { code: "X", reason: "x" } }, "FROZEN"],
  ["drawdown", { stop_loss_pct: usd(8) }, { high_water_usd: usd("11956.52") }, { high_water_usd: usd("11956.53") }, "DRAWDOWN"],
] as const)("%s lets through what is within, and denies what is not", (_, limits, within, past, code) => {
  expect(codes({ limits, budgets: within, effects: buying(100) })).toEqual([]);
  expect(codes({ limits, budgets: past, effects: buying(100) })).toEqual([code]);
});

test("a stop of 5 % trips exactly at 5 %", () => {
  const limits = { stop_loss_pct: usd(5) };
  const effects = { ...buying(10), before: [held("base/USDC", 9500)] };
  expect(codes({ limits, effects, budgets: { high_water_usd: usd(10_000) } })).toEqual(["DRAWDOWN"]);
  expect(codes({ limits, effects, budgets: { high_water_usd: usd("9999.99") } })).toEqual([]);
});

test("a drawdown that cannot be known is one", () => {
  const prices: Prices = { ...PRICES, "base/WETH": { missing: "PRICE_STALE", reason: "old" } };
  const effects = effectsWith({ deltas: [delta("base/USDC", -1)] });
  expect(codes({ limits: { stop_loss_pct: usd(5) }, effects, prices, budgets: { high_water_usd: usd(1) } })).toContain(
    "DRAWDOWN",
  );
});

test("a token, a contract and a payee are allowed by name alone", () => {
  const gov = effectsWith({ deltas: [delta("base/USDC", -10), delta("base/GOV", 1)] });
  expect(codes({ effects: gov })).toContain("TOKEN_NOT_ALLOWED");
  expect(codes({ effects: buying(10), limits: { allowed_contracts: [] } })).toEqual(["CONTRACT_NOT_ALLOWED"]);
  const payee = "0x00000000000000000000000000000000000ccccc" as const;
  const paying = effectsWith({
    deltas: [delta("base/USDC", -10)],
    payments: [{ to: payee, asset: "base/USDC", amount: decimal(10) }],
  });
  expect(codes({ effects: paying })).toContain("RECIPIENT_NOT_ALLOWED");
  expect(
    codes({ effects: paying, limits: { allowed_recipients: [payee], max_slippage_bps: usd(1), max_daily_loss_usd: usd(0) } }),
  ).toEqual([]);
});

test("a payment to an allowed payee is spend at its whole amount", () => {
  const payee = "0x00000000000000000000000000000000000ccccc" as const;
  const effects = effectsWith({
    deltas: [delta("base/USDC", -100)],
    payments: [{ to: payee, asset: "base/USDC", amount: decimal(100) }],
  });
  expect(codes({ effects, limits: { allowed_recipients: [payee], max_daily_spend_usd: usd(99) } })).toEqual(["DAILY_SPEND"]);
});

test("an allowance to somebody who is not in the book that the request would leave wider than it found it is denied", () => {
  const allowance = (before: string, after: string) => ({
    ...buying(10),
    allowances: [
      {
        owner: "wallet",
        asset: "base/USDC" as const,
        spender: "0x9999999999999999999999999999999999999999" as const,
        before: decimal(before),
        after: decimal(after),
      },
    ],
  });
  expect(codes({ effects: allowance("5", "5") })).toEqual([]);
  expect(codes({ effects: allowance("5", "4") })).toEqual([]);
  expect(codes({ effects: allowance("5", "5.000001") })).toEqual(["ALLOWANCE_LEFT"]);
});

test("what cannot be bounded is denied by its own code, whatever the limits", () => {
  expect(codes({ effects: { ...buying(1), unknown: [{ code: "UNEXPLAINED_EFFECT", what: "something" }] } })).toEqual([
    "UNEXPLAINED_EFFECT",
  ]);
});

test("every violation is listed, each once", () => {
  const verdict = verdictOf({
    limits: {
      max_single_trade_usd: usd(1),
      max_daily_spend_usd: usd(1),
      max_daily_loss_usd: usd(0),
      max_slippage_bps: usd(0),
      max_trades_per_hour: usd(1),
      cooldown_seconds: usd(120),
    },
    effects: {
      ...buying(100, 100),
      unknown: [
        { code: "NO_FLOOR", what: "none" },
        { code: "NO_FLOOR", what: "none" },
      ],
    },
    budgets: { ...traded, consecutive_failures: 9, frozen: { code: "X", reason: "x" } },
  });
  const found = verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
  expect(found).toEqual([
    "NO_FLOOR",
    "SLIPPAGE",
    "TRADE_TOO_LARGE",
    "DAILY_SPEND",
    "DAILY_LOSS",
    "TRADES_PER_HOUR",
    "COOLDOWN",
    "FROZEN",
  ]);
});

test("a denial is not a question: approval is asked only of what nothing denies", () => {
  const limits = { require_human_approval_above_usd: usd(100), max_single_trade_usd: usd(200) };
  expect(codes({ limits, effects: buying(100) })).toEqual([]);
  expect(verdictOf({ limits, effects: buying("100.01") }).kind).toBe("ask");
  expect(verdictOf({ limits, effects: buying(201) })).toMatchObject({ kind: "deny", violations: [{ code: "TRADE_TOO_LARGE" }] });
  expect(verdictOf({ limits, effects: buying(60), budgets: { cycle_buys_usd: usd(60) } }).kind).toBe("ask");
});

test.each(["PRICE_UNKNOWN", "PRICE_STALE", "PEG_BROKEN"] as const)("%s of what moves denies", (missing) => {
  for (const asset of ["base/WETH", "base/USDC"]) {
    const prices: Prices = { ...PRICES, [asset]: { missing, reason: "no" } };
    expect(codes({ prices, effects: buying(10) })).toContain(missing);
  }
});

test("gas in a coin without a price is denied, exits too", () => {
  const prices: Prices = { ...PRICES, "base/ETH": { missing: "PRICE_STALE", reason: "old" } };
  expect(
    codes({ prices, effects: { ...selling(1000), gas: [gasOf("0.001")] }, limits: { max_exit_cost_bps: usd(100) } }),
  ).toContain("PRICE_STALE");
});

const GOV_LIMITS = {
  allowed_tokens: ["WETH", "USDC", "GOV"],
  max_single_trade: { GOV: decimal(5) },
  max_daily_spend: { GOV: decimal(8) },
  max_position_size: { GOV: decimal(103) },
};

test("a token without a feed is limited in its own units", () => {
  const give = (units: string) => effectsWith({ deltas: [delta("base/GOV", `-${units}`), delta("base/WETH", "0.01")] });
  expect(codes({ effects: give("5") })).toContain("PRICE_UNKNOWN");
  expect(codes({ effects: give("5"), limits: GOV_LIMITS })).toEqual([]);
  expect(codes({ effects: give("5.1"), limits: GOV_LIMITS })).toEqual(["TRADE_TOO_LARGE"]);
  expect(codes({ effects: give("5"), limits: GOV_LIMITS, budgets: { spend_units: { GOV: decimal(3) } } })).toEqual([]);
  expect(codes({ effects: give("5"), limits: GOV_LIMITS, budgets: { spend_units: { GOV: decimal("3.1") } } })).toEqual([
    "DAILY_SPEND",
  ]);
  const take = (units: string) => effectsWith({ deltas: [delta("base/USDC", -1), delta("base/GOV", units)] });
  expect(codes({ effects: take("3"), limits: GOV_LIMITS })).toEqual([]);
  expect(codes({ effects: take("3.1"), limits: GOV_LIMITS })).toEqual(["POSITION_TOO_LARGE"]);
});

test("units do not stand in for a feed that the book names and that is silent", () => {
  const limits = {
    max_single_trade: { WETH: decimal(5) },
    max_daily_spend: { WETH: decimal(8) },
    max_position_size: { WETH: decimal(10) },
  };
  const prices: Prices = { ...PRICES, "base/WETH": { missing: "PRICE_STALE", reason: "old" } };
  expect(codes({ limits, prices, effects: selling(100) })).toContain("PRICE_STALE");
});

test("limits in units hold beside limits in USD", () => {
  const limits = { max_single_trade: { WETH: decimal("0.1") } };
  expect(codes({ limits, effects: selling(250) })).toEqual([]);
  expect(codes({ limits, effects: selling("250.0025") })).toEqual(["TRADE_TOO_LARGE"]);
});

const EXIT = { max_exit_cost_bps: usd(100) };

test("an exit passes breaker, freeze, cooldown, rates, drawdown, actions, daily loss, slippage and spend", () => {
  const limits = {
    ...EXIT,
    max_consecutive_failures: usd(1),
    cooldown_seconds: usd(300),
    max_trades_per_hour: usd(1),
    stop_loss_pct: usd(1),
    max_actions_per_plan: usd(1),
    max_daily_loss_usd: usd(0),
    max_daily_spend_usd: usd(0),
    max_slippage_bps: usd(10),
    require_human_approval_above_usd: usd(1),
  };
  const budgets = {
    ...traded,
    consecutive_failures: 5,
    cycle_actions: 9,
    high_water_usd: usd(100_000),
    frozen: { code: "X", reason: "x" },
  };
  expect(codes({ limits, budgets, effects: selling(600, 100) })).toEqual([]);
  expect(codes({ limits, budgets, effects: buying(600) })).toEqual(
    expect.arrayContaining(["BREAKER", "COOLDOWN", "TRADES_PER_HOUR", "DRAWDOWN", "ACTIONS_PER_PLAN", "FROZEN", "DAILY_SPEND"]),
  );
});

test.each([
  ["the single trade", { max_single_trade_usd: usd(599) }, {}, "TRADE_TOO_LARGE"],
  ["the deadline", { max_deadline_seconds: usd(10) }, {}, "DEADLINE_TOO_FAR"],
  ["allowed contracts", { allowed_contracts: [] }, {}, "CONTRACT_NOT_ALLOWED"],
  ["a price", {}, { prices: { ...PRICES, "base/WETH": { missing: "PRICE_STALE", reason: "old" } } as Prices }, "PRICE_STALE"],
] as const)("%s binds an exit too", (_, limits, given, code) => {
  expect(codes({ limits: { ...EXIT, ...limits }, effects: selling(600), ...given })).toContain(code);
});

test("an exit that costs more than exits may is an ordinary trade", () => {
  const frozen = { frozen: { code: "X", reason: "x" } };
  expect(codes({ limits: EXIT, effects: selling(600, 100), budgets: frozen })).toEqual([]);
  expect(codes({ limits: EXIT, effects: selling(600, 101), budgets: frozen })).toEqual(["FROZEN"]);
  expect(codes({ limits: EXIT, effects: { ...selling(600, 99), gas: [gasOf("0.0003")] }, budgets: frozen })).toEqual(["FROZEN"]);
});

test("an exit removes ten dollars and a twentieth of the position, or all of it", () => {
  const frozen = { frozen: { code: "X", reason: "x" } };
  expect(codes({ limits: EXIT, effects: selling(250), budgets: frozen })).toEqual([]);
  expect(codes({ limits: EXIT, effects: selling("249.99"), budgets: frozen })).toEqual(["FROZEN"]);
  const dust = (weth: string) => ({
    ...effectsWith({ deltas: [delta("base/WETH", `-${weth}`), delta("base/USDC", decimal(weth).times(2500).toFixed())] }),
    before: [held("base/WETH", "0.002")],
  });
  expect(codes({ limits: EXIT, effects: dust("0.002"), budgets: frozen })).toEqual([]);
  expect(codes({ limits: EXIT, effects: dust("0.001"), budgets: frozen })).toEqual(["FROZEN"]);
});

test("a position of many single trades can leave while frozen, a lot of half a trade at a time", () => {
  const large = (amount: string) => ({ ...selling(amount), before: [held("base/WETH", "20")] });
  const limits = { ...EXIT, max_single_trade_usd: usd(500) };
  const frozen = { frozen: { code: "X", reason: "x" } };
  expect(codes({ limits, effects: large("250"), budgets: frozen })).toEqual([]);
  expect(codes({ limits, effects: large("249.99"), budgets: frozen })).toEqual(["FROZEN"]);
});

test("a token that is not allowed any more may leave in lots of any size, and may not come in", () => {
  const sell = {
    ...effectsWith({ deltas: [delta("base/GOV", "-1"), delta("base/USDC", "12.5")] }),
    before: [held("base/GOV", "100000")],
  };
  const allowed = { ...EXIT, allowed_tokens: ["WETH", "USDC"] };
  const prices: Prices = { ...PRICES, "base/GOV": { usd: decimal("12.5"), error_bps: decimal(50), at: 0 } };
  expect(codes({ limits: allowed, prices, effects: sell })).toEqual([]);
  const buy = effectsWith({ deltas: [delta("base/USDC", "-12.5"), delta("base/GOV", "1")] });
  expect(codes({ limits: allowed, prices, effects: buy })).toContain("TOKEN_NOT_ALLOWED");
});

test.each([
  ["another exposure rises", effectsWith({ deltas: [delta("base/WETH", "-0.2"), delta("base/GOV", 50)] })],
  [
    "something is paid away",
    {
      ...selling(600),
      payments: [{ to: "0x00000000000000000000000000000000000ccccc" as const, asset: "base/USDC" as const, amount: decimal(1) }],
    },
  ],
  [
    "an allowance widens",
    {
      ...selling(600),
      allowances: [
        {
          owner: "wallet",
          asset: "base/WETH" as const,
          spender: "0x4444444444444444444444444444444444444444" as const,
          before: decimal(0),
          after: decimal(1),
        },
      ],
    },
  ],
  ["something cannot be told", { ...selling(600), unknown: [{ code: "UNEXPLAINED_EFFECT" as const, what: "x" }] }],
  [
    "the exposure may come back without bound",
    effectsWith({ deltas: [delta("base/WETH", "-0.2", "unbounded"), delta("base/USDC", 600)] }),
  ],
])("it is no exit when %s", (_, effects) => {
  expect(codes({ limits: EXIT, effects, budgets: { frozen: { code: "X", reason: "x" } } })).toContain("FROZEN");
});

test("revoking and unwrapping pass like exits; an unwrap is still held to the single trade", () => {
  const frozen = { frozen: { code: "X", reason: "x" } };
  const revoke = effectsWith({
    calls: [swapCall({ contract: "WETH", kind: "weth9", function: "approve" })],
    allowances: [
      {
        owner: "wallet",
        asset: "base/WETH",
        spender: "0x4444444444444444444444444444444444444444",
        before: decimal(9),
        after: decimal(0),
      },
    ],
  });
  expect(codes({ effects: revoke, budgets: frozen })).toEqual([]);
  const unwrap = (weth: number) =>
    effectsWith({
      calls: [swapCall({ contract: "WETH", kind: "weth9", function: "withdraw" })],
      deltas: [delta("base/WETH", -weth), delta("base/ETH", weth)],
    });
  const limits = { ...EXIT, allowed_tokens: ["WETH", "USDC", "ETH"] };
  expect(codes({ effects: unwrap(2), budgets: frozen, limits })).toEqual([]);
  expect(codes({ effects: unwrap(2), budgets: frozen, limits: { ...limits, max_single_trade_usd: usd(100) } })).toEqual([
    "TRADE_TOO_LARGE",
  ]);
  expect(codes({ effects: unwrap(2), limits: EXIT })).toEqual(["TOKEN_NOT_ALLOWED"]);
  const costly = { ...unwrap(0.001), gas: [gasOf("0.001")] };
  expect(codes({ effects: costly, budgets: frozen, limits })).toContain("FROZEN");
});

test("gas for exits has a pot of its own, used when the other is empty, and it binds", () => {
  const limits = { ...EXIT, max_gas_usd_per_day: usd(5), exit_gas_usd_per_day: usd(4) };
  const exit = { ...selling(600), gas: [gasOf("0.0005")] };
  expect(verdictOf({ limits, effects: exit })).toMatchObject({
    kind: "allow",
    atWorst: { gas_usd: usd("1.25"), exit_gas_usd: usd(0) },
  });
  expect(verdictOf({ limits, effects: exit, budgets: { gas_usd: usd(4) } })).toMatchObject({
    kind: "allow",
    atWorst: { gas_usd: usd(0), exit_gas_usd: usd("1.25") },
  });
  // Half of the pot is the agent's, to the cent.
  expect(codes({ limits, effects: exit, budgets: { gas_usd: usd(4), exit_gas_usd: usd("0.75") } })).toEqual([]);
  expect(codes({ limits, effects: exit, budgets: { gas_usd: usd(4), exit_gas_usd: usd("0.76") } })).toEqual(["GAS_BUDGET"]);
  expect(codes({ limits, effects: { ...buying(600), gas: [gasOf("0.0005")] }, budgets: { gas_usd: usd(4) } })).toEqual([
    "GAS_BUDGET",
  ]);
});

test("the loss is the most that can go less the least that must come back, and a payment's return counts for nothing", () => {
  expect(verdictOf({ effects: buying(1000, 40) })).toMatchObject({ atWorst: { loss_usd: usd(4), spend_usd: usd(1000) } });
  const without = effectsWith({ deltas: [delta("base/USDC", -1000), delta("base/WETH", 0, 1)] });
  expect(verdictOf({ effects: without })).toMatchObject({ atWorst: { loss_usd: usd(1000) } });
});

test("income never offsets: whatever more the simulation sees, the loss is the same", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 0, max: 9_999 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      (dollars, bps, more) => {
        const plain = buying(dollars, bps);
        const lucky = {
          ...plain,
          deltas: plain.deltas.map((one) =>
            one.asset === "base/WETH" && one.most !== "unbounded" ? { ...one, most: one.most.plus(more) } : one,
          ),
        };
        const [a, b] = [verdictOf({ effects: plain }), verdictOf({ effects: lucky })];
        if (a.kind !== "allow" || b.kind !== "allow") return expect.unreachable();
        expect(b.atWorst.loss_usd.toFixed()).toBe(a.atWorst.loss_usd.toFixed());
        expect(b.atWorst.spend_usd.toFixed()).toBe(a.atWorst.spend_usd.toFixed());
      },
    ),
  );
});

const limit = fc.oneof(
  fc.constant("unlimited" as const),
  fc.integer({ min: 0, max: 3000 }).map((n) => decimal(n)),
);
const someLimits = fc.record(
  {
    max_single_trade_usd: limit,
    max_daily_spend_usd: limit,
    max_daily_loss_usd: limit,
    max_position_size_usd: limit,
    max_slippage_bps: limit,
    max_gas_usd_per_day: limit,
    stop_loss_pct: fc.integer({ min: 0, max: 100 }).map((n) => decimal(n)),
    max_trades_per_hour: limit,
    cooldown_seconds: fc.integer({ min: 0, max: 300 }).map((n) => decimal(n)),
    max_consecutive_failures: limit,
    max_actions_per_plan: limit,
  },
  { requiredKeys: [] },
);
const someBudgets = fc.record({
  spend_usd: fc.nat(3000).map((n) => decimal(n)),
  loss_usd: fc.nat(100).map((n) => decimal(n)),
  gas_usd: fc.nat(10).map((n) => decimal(n)),
  cycle_buys_usd: fc.nat(1000).map((n) => decimal(n)),
  cycle_sells_usd: fc.nat(1000).map((n) => decimal(n)),
  trades_last_hour: fc.nat(5),
  last_trade_at: fc.option(fc.nat(600).map((s) => NOW - s * SECOND)),
  consecutive_failures: fc.nat(4),
  high_water_usd: fc.option(fc.integer({ min: 1, max: 20_000 }).map((n) => decimal(n))),
});
const someEffects = fc
  .record({ buy: fc.boolean(), size: fc.integer({ min: 1, max: 3000 }), bps: fc.nat(300), gas: fc.nat(5) })
  .map(({ buy, size, bps, gas }) => ({
    ...(buy ? buying(size, bps) : selling(size, bps)),
    gas: [gasOf(decimal(gas).div(1000).toFixed())],
  }));

test("one limit more never turns a denial into an allowance", () => {
  fc.assert(
    fc.property(someLimits, someLimits, someBudgets, someEffects, (some, more, budgets, effects) => {
      const tighter: Partial<Record<keyof Limits, unknown>> = { ...some };
      for (const [name, value] of Object.entries(more) as [keyof typeof more, Limits["max_daily_loss_usd"]][]) {
        const old = some[name];
        if (
          value !== "unlimited" &&
          (old === undefined || old === "unlimited" || (name === "cooldown_seconds" ? value.gt(old) : value.lt(old)))
        )
          tighter[name] = value;
      }
      const before = verdictOf({ limits: { ...EXIT, ...some }, budgets, effects });
      const after = verdictOf({ limits: { ...EXIT, ...(tighter as Partial<Limits>) }, budgets, effects });
      if (before.kind === "deny") expect(after.kind).toBe("deny");
    }),
    { numRuns: 500 },
  );
});

test("what is allowed never takes more than was left", () => {
  fc.assert(
    fc.property(someLimits, someBudgets, someEffects, (limits, budgets, effects) => {
      const verdict = verdictOf({ limits: { ...EXIT, exit_gas_usd_per_day: usd(3), ...limits }, budgets, effects });
      if (verdict.kind !== "allow") return;
      const taken = {
        max_daily_spend_usd: verdict.atWorst.spend_usd,
        max_daily_loss_usd: verdict.atWorst.loss_usd,
        max_gas_usd_per_day: verdict.atWorst.gas_usd,
      };
      for (const row of budgetsLeft(termsWith({ ...EXIT, ...limits }), budgetsWith(budgets))) {
        const wanted = taken[row.budget as keyof typeof taken];
        if (wanted !== undefined && row.left !== "unlimited") expect(wanted.lte(row.left)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test("a judgment is the same each time it is made", () => {
  fc.assert(
    fc.property(someLimits, someBudgets, someEffects, (limits, budgets, effects) => {
      expect(verdictOf({ limits, budgets, effects })).toEqual(verdictOf({ limits, budgets, effects }));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["A15: single 5000, a trade of 3000", { max_single_trade_usd: usd(5000) }, buying(3000), {}, []],
  ["A16: single 5000, a trade of 6000", { max_single_trade_usd: usd(5000) }, buying(6000), {}, ["TRADE_TOO_LARGE"]],
  ["A17: single 10000, 100 WETH", { max_single_trade_usd: usd(10_000) }, selling(300_000), {}, ["TRADE_TOO_LARGE"]],
  [
    "A20: daily 5000, 4000 spent, 2000 more",
    { max_single_trade_usd: usd(10_000), max_daily_spend_usd: usd(5000) },
    buying(2000),
    { spend_usd: usd(4000) },
    ["DAILY_SPEND"],
  ],
  [
    "A21: daily 5000, a day later",
    { max_single_trade_usd: usd(10_000), max_daily_spend_usd: usd(5000) },
    buying(2000),
    { spend_usd: usd(0) },
    [],
  ],
  ["A26: position 50000, 60000 more", { max_position_size_usd: usd(50_000) }, buying(60_000), {}, ["POSITION_TOO_LARGE"]],
  [
    "A31: two trades an hour, the third",
    { max_trades_per_hour: usd(2) },
    buying(10),
    { trades_last_hour: 2 },
    ["TRADES_PER_HOUR"],
  ],
  ["A32: two failures", { max_consecutive_failures: usd(2) }, buying(10), { consecutive_failures: 2 }, ["BREAKER"]],
  ["A35: a minute's cooldown", { cooldown_seconds: usd(60) }, buying(10), { last_trade_at: NOW - 30 * SECOND }, ["COOLDOWN"]],
  [
    "A36: 100000 to 94000 under a stop of 5 %",
    { stop_loss_pct: usd(5) },
    { ...buying(10), before: [held("base/USDC", 94_000)] },
    { high_water_usd: usd(100_000) },
    ["DRAWDOWN"],
  ],
  [
    "S01: single 100, unwrap of all 5 WETH",
    { max_single_trade_usd: usd(100), allowed_tokens: ["WETH", "USDC", "ETH"] },
    effectsWith({
      calls: [swapCall({ kind: "weth9", contract: "WETH", function: "withdraw" })],
      deltas: [delta("base/WETH", -5), delta("base/ETH", 5)],
      before: [held("base/WETH", 5)],
    }),
    {},
    ["TRADE_TOO_LARGE"],
  ],
  [
    "S02: single 100, 50 of a token without a price",
    { max_single_trade_usd: usd(100), allowed_tokens: ["WETH", "USDC", "GOV"] },
    effectsWith({ deltas: [delta("base/GOV", -50), delta("base/USDC", 50)] }),
    {},
    ["PRICE_UNKNOWN"],
  ],
  [
    "W8: large amounts are counted as they are",
    { max_single_trade_usd: usd(100_000) },
    buying("100001"),
    {},
    ["TRADE_TOO_LARGE"],
  ],
  [
    "W10: five supplies of 4000 into a position of 5000",
    { max_position_size_usd: usd(5000) },
    { ...buying(4000), before: [held("base/WETH", "1.3333")] },
    {},
    ["POSITION_TOO_LARGE"],
  ],
  [
    "W12: the stop holds from the first high on, also for a portfolio of nothing",
    { stop_loss_pct: usd(5) },
    { ...buying(10), before: [held("base/WETH", 0)] },
    { high_water_usd: usd(100) },
    ["DRAWDOWN"],
  ],
] as const)("%s", (_, limits, effects, budgets, expected) => {
  expect(codes({ limits, effects, budgets })).toEqual(expected);
});

test("a denial says the exact figures and when more is allowed", () => {
  const verdict = verdictOf({
    limits: { max_daily_spend_usd: usd(2000) },
    effects: buying(500),
    budgets: { spend_usd: usd("1900.005"), refills: { max_daily_spend_usd: NOW + HOUR } },
  });
  expect(verdict).toMatchObject({
    kind: "deny",
    violations: [
      {
        code: "DAILY_SPEND",
        limit: "max_daily_spend_usd",
        value: "2400.005",
        allowed: "99.995",
        until: NOW + HOUR,
        message: "$500 to spend; $99.99 of $2,000 is left",
      },
    ],
  });
  expect(DAY).toBeGreaterThan(HOUR);
});
