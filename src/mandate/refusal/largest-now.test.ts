import fc from "fast-check";
import { expect, test } from "vitest";
import { type Decimal, decimal } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import type { Effects } from "../../protocols/effects.ts";
import { judge } from "../judge.ts";
import type { Limits } from "../terms.ts";
import { budgetsWith, buying, delta, effectsWith, NOW, PRICES, selling, swapCall, termsWith } from "../testing/judging.ts";
import type { Verdict, ViolationCode } from "../verdict.ts";
import { type Largest, largestNow } from "./largest-now.ts";

const LONG = process.env.MANDATE_LONG !== undefined;

interface Case {
  readonly limits: Partial<Limits>;
  readonly budgets?: Partial<Budgets>;
}

function verdictOf(effects: Effects, { limits, budgets = {} }: Case): Verdict {
  return judge(termsWith(limits), effects, PRICES, budgetsWith(budgets), NOW);
}

function codesOf(verdict: Verdict): readonly ViolationCode[] {
  return (verdict.kind === "deny" ? verdict.violations : verdict.kind === "ask" ? verdict.because : []).map(({ code }) => code);
}

function largestOf(effects: Effects, given: Case): Largest | null {
  const { limits, budgets = {} } = given;
  const asked = { terms: termsWith(limits), effects, prices: PRICES, budgets: budgetsWith(budgets), now: NOW, authority: {} };
  return largestNow(asked, codesOf(verdictOf(effects, given)));
}

function amountOf(largest: Largest | null): string | undefined {
  return largest?.amounts[0]?.amount.toFixed();
}

const D = (value: string | number) => decimal(value);

test("the largest amount is in the token that is given, to its last decimal, and every limit that binds is met by it", () => {
  const budgets = { spend_usd: D("958.799999"), cycle_buys_usd: D(100) };
  expect(largestOf(buying(500), { limits: { max_daily_spend_usd: D(1000) }, budgets })).toEqual({
    kind: "passes",
    amounts: [{ asset: "base/USDC", amount: D("41.200001") }],
    because: [],
  });
  const both = { max_daily_spend_usd: D(1000), max_single_trade_usd: D(120) };
  expect(amountOf(largestOf(buying(500), { limits: both, budgets }))).toBe("20");
});

test("of a sale it is in the token that is sold, rounded down", () => {
  const largest = largestOf(selling(3000), { limits: { max_single_trade_usd: D(1000) } });
  expect(largest?.amounts).toEqual([{ asset: "base/WETH", amount: D("0.4") }]);
  expect(amountOf(largestOf(selling(3000), { limits: { max_single_trade_usd: D("1000.000000000000000001") } }))).toBe("0.4");
});

test("where a ratio is what is wrong no amount is named", () => {
  const largest = largestOf(buying(500, 80), { limits: { max_slippage_bps: D(50), max_single_trade_usd: D(100) } });
  expect(largest).toEqual({ kind: "none", amounts: [], because: ["SLIPPAGE"] });
});

test("a trade that stands exactly at a ratio keeps standing there when it is smaller", () => {
  const largest = largestOf(buying("700.000001", 50), { limits: { max_slippage_bps: D(50), max_single_trade_usd: D(333) } });
  expect(amountOf(largest)).toBe("333");
});

test("what waits for a time is no matter of the amount", () => {
  const limits = { cooldown_seconds: D(300), max_single_trade_usd: D(100) };
  const largest = largestOf(buying(500), { limits, budgets: { last_trade_at: NOW - 1000 } });
  expect(largest).toEqual({ kind: "none", amounts: [], because: ["COOLDOWN"] });
});

test("an exhausted budget leaves no amount, and is said to be why", () => {
  const largest = largestOf(buying(500), { limits: { max_daily_spend_usd: D(1000) }, budgets: { spend_usd: D(1000) } });
  expect(largest).toEqual({ kind: "none", amounts: [], because: ["DAILY_SPEND"] });
});

test("a sale that is an exit only from some size on passes at the largest exit, though less of it is a trade in its cooldown", () => {
  const limits = {
    max_exit_cost_bps: D(100),
    max_single_trade_usd: D(2000),
    cooldown_seconds: D(300),
    max_slippage_bps: D(50),
  };
  const budgets = { last_trade_at: NOW - 1000 };
  const largest = largestOf(selling(4000, 20), { limits, budgets });
  expect(largest).toMatchObject({ kind: "passes", amounts: [{ asset: "base/WETH", amount: D("0.8") }] });
});

test("with a question to a person the largest amount is the one that needs nobody; where each needs one, that is said", () => {
  const alone = largestOf(buying(500), { limits: { require_human_approval_above_usd: D(200) } });
  expect(alone).toMatchObject({ kind: "passes", amounts: [{ amount: D(200) }] });
  const listed = { require_human_approval_for: ["router.exactInputSingle"], max_single_trade_usd: D(150) };
  expect(largestOf(buying(500), { limits: listed })).toMatchObject({ kind: "asks", amounts: [{ amount: D(150) }] });
});

test("a payment and an allowance have their largest amounts too", () => {
  const to = "0x00000000000000000000000000000000000ddddd" as const;
  const paying = effectsWith({
    deltas: [delta("base/USDC", -500)],
    payments: [{ to, asset: "base/USDC", amount: D(500) }],
  });
  expect(largestOf(paying, { limits: { allowed_recipients: [to], max_daily_spend_usd: D(120) } })).toMatchObject({
    kind: "passes",
    amounts: [{ asset: "base/USDC", amount: D(120) }],
  });
  const spender = swapCall().to;
  const allowing = effectsWith({
    allowances: [{ owner: "wallet", asset: "base/USDC", spender, before: D(0), after: D(500) }],
  });
  const largest = largestOf(allowing, { limits: { max_daily_spend_usd: D(75) } });
  expect(amountOf(largest)).toBe("75");
});

test("an argument with a largest amount in base units binds like any limit", () => {
  const call = swapCall({ raw: { params: { amountIn: "500000000", fee: "500" } } });
  const effects = { ...buying(500), calls: [call] };
  const allowed_calls = { router: { exactInputSingle: { "params.amountIn": { max: "70000000" } } } };
  expect(amountOf(largestOf(effects, { limits: { allowed_calls } }))).toBe("70");
  const wrong = { router: { exactInputSingle: { "params.fee": { one_of: ["3000"] } } } };
  expect(largestOf(effects, { limits: { allowed_calls: wrong } })).toMatchObject({
    kind: "none",
    because: ["ARGUMENT_NOT_ALLOWED"],
  });
});

test("how far less pushes a pool is not known: the other limits' amount is named as no more than that", () => {
  const impacts = [{ pool: "WETH-USDC", before_bps: D(0), after_bps: D(90) }];
  const effects = { ...buying(500), impacts };
  const largest = largestOf(effects, { limits: { max_price_impact_bps: D(50), max_single_trade_usd: D(400) } });
  expect(largest).toMatchObject({ kind: "unsure", amounts: [{ amount: D(400) }] });
});

test("what asks for more than is held, and fails for that, is named what is held as no more than a bound", () => {
  const unknown = [{ code: "WOULD_REVERT" as const, what: "it reverts" }];
  const limits = { max_slippage_bps: D(50) };
  const effects = effectsWith({ deltas: [delta("base/USDC", -9000)], unknown });
  expect(largestOf(effects, { limits })).toEqual({
    kind: "unsure",
    amounts: [{ asset: "base/USDC", amount: D(6000) }],
    because: ["WOULD_REVERT"],
  });
  const enough = { ...effects, deltas: [delta("base/USDC", -900)] };
  expect(largestOf(enough, { limits })).toEqual({ kind: "unsure", amounts: [], because: ["WOULD_REVERT"] });
  const late = { limits: { cooldown_seconds: D(300) }, budgets: { last_trade_at: NOW - 1000 } };
  // Less may be an exit, which waits for no cooldown; a payment is none.
  expect(largestOf(effects, late)).toMatchObject({ kind: "unsure", because: ["WOULD_REVERT"] });
  const to = "0x00000000000000000000000000000000000ddddd" as const;
  const payments = [{ to, asset: "base/USDC" as const, amount: D(9000) }];
  const paying = { ...late.limits, allowed_recipients: [to], max_daily_spend_usd: D(250) };
  expect(largestOf({ ...effects, payments }, { ...late, limits: paying })).toMatchObject({ kind: "none", because: ["COOLDOWN"] });
  expect(largestOf({ ...effects, payments }, { limits: paying })).toMatchObject({
    kind: "unsure",
    amounts: [{ amount: D(250) }],
  });
});

test("what goes to another chain has none named: its message costs as much for less", () => {
  const effects = { ...buying(500), calls: [swapCall({ kind: "hyperlane-warp-route", contract: "route" })] };
  expect(verdictOf(effects, { limits: { max_single_trade_usd: D(100) } }).kind).toBe("deny");
  expect(largestOf(effects, { limits: { max_single_trade_usd: D(100) } })).toBeNull();
});

test("a request that gives nothing has no largest amount", () => {
  expect(largestOf(effectsWith({ unknown: [{ code: "FUNCTION_NOT_ALLOWED", what: "mint" }] }), { limits: {} })).toBeNull();
});

/** USD amounts with cents, and bounds that are not round. */
const usd = (most: number) => fc.integer({ min: 1, max: most * 100 }).map((cents) => D(cents).div(100));
const limitsOf: fc.Arbitrary<Case> = fc.record({
  limits: fc.record({
    max_single_trade_usd: usd(2000),
    max_hourly_spend_usd: usd(2000),
    max_daily_spend_usd: usd(3000),
    max_daily_loss_usd: usd(20),
    max_position_size_usd: usd(9000),
    min_cash_usd: usd(5000),
    max_exit_cost_bps: fc.integer({ min: 0, max: 100 }).map(D),
    max_slippage_bps: fc.integer({ min: 20, max: 100 }).map(D),
  }),
  budgets: fc.record({
    spend_usd: usd(1500),
    spend_hour_usd: usd(1000),
    loss_usd: usd(8),
    cycle_buys_usd: usd(300),
    cycle_sells_usd: usd(300),
  }),
});

/** The same request for another amount, as an agent would ask for it: floors rounded up to the token's decimals. */
function asked(side: "buy" | "sell", amount: Decimal, bps: number): Effects {
  const kept = D(10_000 - bps).div(10_000);
  if (side === "buy") {
    const weth = amount.div(2500);
    const floor = weth.times(kept).toDecimalPlaces(18, 0);
    return effectsWith({
      deltas: [delta("base/USDC", amount.negated().toFixed()), delta("base/WETH", floor.toFixed(), weth.toFixed())],
    });
  }
  const cash = amount.times(2500);
  const floor = cash.times(kept).toDecimalPlaces(6, 0);
  return effectsWith({
    deltas: [delta("base/WETH", amount.negated().toFixed()), delta("base/USDC", floor.toFixed(), cash.toFixed())],
  });
}

test("asking for exactly the largest amount passes, and asking for a little more is denied", () => {
  let found = 0;
  fc.assert(
    fc.property(limitsOf, fc.constantFrom("buy" as const, "sell" as const), usd(4000), fc.nat(20), (given, side, worth, bps) => {
      const amount = side === "buy" ? worth : worth.div(2500);
      const effects = asked(side, amount, bps);
      if (verdictOf(effects, given).kind === "allow") return;
      const largest = largestOf(effects, given);
      if (largest === null || largest.kind !== "passes") {
        // Nothing less passes: not a half, not a tenth, not a hundredth.
        for (const part of [2, 10, 100]) {
          const less = amount.div(part).toDecimalPlaces(side === "buy" ? 6 : 18, 1);
          // Below that what a floor is rounded up by is more than what it leaves open.
          if (worth.div(part).lt("0.1")) continue;
          expect(verdictOf(asked(side, less, bps), given).kind).not.toBe("allow");
        }
        return;
      }
      const [most] = largest.amounts;
      if (!most) throw new TypeError("an amount passes and is not named");
      found += 1;
      expect(verdictOf(asked(side, most.amount, bps), given).kind).toBe("allow");
      // Two cents: what a floor is rounded up by is worth more of them where a loss is what binds.
      const more = most.amount.plus(side === "buy" ? "0.02" : "0.000008");
      expect(verdictOf(asked(side, more, bps), given).kind).not.toBe("allow");
    }),
    { numRuns: LONG ? 5_000 : 60 },
  );
  expect(found).toBeGreaterThan(3);
});

test("a position is bounded though smaller trades get better rates from the pool", () => {
  // A pool of constant product: what comes out of it for any amount is known.
  const [cash, coins] = [D(2_500_000), D(1000)];
  const outOf = (amount: Decimal) => coins.times(amount).div(cash.plus(amount));
  const offset = (amount: Decimal) => {
    const price = cash.plus(amount).div(coins.minus(outOf(amount)));
    return price.div(2500).minus(1).times(10_000);
  };
  const buyingFrom = (amount: Decimal): Effects => ({
    ...buying(1),
    deltas: [delta("base/USDC", amount.negated().toFixed()), delta("base/WETH", "0.000001", outOf(amount).toFixed())],
    impacts: [{ pool: "WETH-USDC", before_bps: D(0), after_bps: offset(amount) }],
  });
  fc.assert(
    fc.property(fc.integer({ min: 5100, max: 7000 }), fc.integer({ min: 3000, max: 6000 }), (limit, amount) => {
      const given = { limits: { max_position_size_usd: D(limit) } };
      const effects = buyingFrom(D(amount));
      if (verdictOf(effects, given).kind === "allow") return;
      const largest = largestOf(effects, given);
      const [most] = largest?.amounts ?? [];
      if (!most) throw new TypeError("no amount is named");
      expect(verdictOf(buyingFrom(most.amount), given).kind).toBe("allow");
      // Within a hundredth of what would just pass.
      expect(verdictOf(buyingFrom(most.amount.times("1.01").plus(1)), given).kind).toBe("deny");
    }),
    { numRuns: LONG ? 1_000 : 25 },
  );
});
