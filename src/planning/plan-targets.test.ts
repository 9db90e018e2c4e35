import fc from "fast-check";
import { expect, test } from "vitest";
import { BPS, type Decimal, decimal, fromUnits, ONE, sum, ZERO } from "../core/decimal.ts";
import type { AssetId } from "../protocols/effects.ts";
import type { Cap, PlanHolding, PlanRules } from "./plan.ts";
import { planTargets } from "./plan-targets.ts";
import { type Targets, TargetsError } from "./targets.ts";

const CASH: AssetId = "base/USDC";

function holding(asset: AssetId, amount: string, price: string | null, more: Partial<PlanHolding> = {}): PlanHolding {
  return {
    account: "wallet",
    asset,
    amount: decimal(amount),
    decimals: asset === CASH ? 6 : 18,
    price_usd: price === null ? null : decimal(price),
    beside_usd: ZERO,
    trade: "both",
    market: null,
    fee_bps: decimal(5),
    ...more,
  };
}

function targets(weights: Record<string, string>): Targets {
  return Object.entries(weights).map(([asset, weight]) => ({
    account: "wallet",
    asset: asset as AssetId,
    weight: decimal(weight),
  }));
}

const rules: PlanRules = {
  numeraire: { account: "wallet", asset: CASH },
  threshold_points: decimal(5),
  min_trade_usd: decimal(10),
  slippage_bps: decimal(50),
  reserve_usd: ZERO,
  gas_usd: ZERO,
  caps: { sells: [], buys: [], max_position_usd: "unlimited" },
};

const cap = (limit: string, left: string): Cap => ({ limit, left_usd: decimal(left) });
const steps = (wish: Targets, holdings: readonly PlanHolding[], with_: Partial<PlanRules> = {}) =>
  planTargets(wish, holdings, { ...rules, ...with_ }).steps.map(
    ({ intent }) => `${intent.sell} ${intent.amount.toFixed()} > ${intent.buy}`,
  );

const book = [holding("base/BTC", "0.5", "52000", { decimals: 8 }), holding("base/ETH", "6", "2600"), holding(CASH, "8400", "1")];

test("R1: only the asset beyond the threshold is reduced, by the exact excess rounded down to its lot", () => {
  const plan = planTargets(targets({ "base/BTC": "0.40", "base/ETH": "0.30", [CASH]: "0.30" }), book, rules);
  expect(plan.steps.map(({ intent }) => [intent.sell, intent.buy, intent.amount.toFixed()])).toEqual([
    ["base/BTC", CASH, "0.11538461"],
  ]);
  expect(plan.skipped.map(({ asset, reason, deviation }) => [asset, reason, deviation?.toFixed()])).toEqual([
    ["base/ETH", "below-threshold", "-0.012"],
  ]);
  expect(plan.line).toBe("Reduce BTC: 52 % → 40 %");
});

test("R3: all into cash sells everything that is held, to the last unit, and buys nothing", () => {
  expect(steps(targets({ [CASH]: "1.0" }), book)).toEqual([`base/BTC 0.5 > ${CASH}`, `base/ETH 6 > ${CASH}`]);
});

test("R5: from cash alone, an asset that is not held yet is bought at its price", () => {
  const wish = targets({ "base/BTC": "0.5", [CASH]: "0.5" });
  const plan = planTargets(wish, [holding("base/BTC", "0", "100000"), holding(CASH, "10000", "1")], rules);
  expect(plan.steps.map(({ intent }) => [intent.sell, intent.amount.toFixed(), intent.buy, intent.floor.toFixed()])).toEqual([
    [CASH, "5000", "base/BTC", "0.04975"],
  ]);
});

test.each(["0.99", "1.01"])("R7: weights that sum to %s are accepted", (total) => {
  const wish = targets({ "base/BTC": "0.52", "base/ETH": "0.312", [CASH]: decimal(total).minus("0.832").toFixed() });
  expect(steps(wish, book)).toEqual([]);
});

test("R8: a deviation of exactly the threshold acts", () => {
  const held = [holding("base/BTC", "0.05", "100000"), holding(CASH, "5000", "1")];
  expect(steps(targets({ "base/BTC": "0.45", [CASH]: "0.55" }), held)).toEqual([`base/BTC 0.005 > ${CASH}`]);
});

test("R10: a trade below the minimum is left out, and that is said", () => {
  const held = [holding("base/BTC", "0.0006", "100000"), holding(CASH, "40", "1")];
  const plan = planTargets(targets({ "base/BTC": "0.52", [CASH]: "0.48" }), held, rules);
  expect(plan.steps).toEqual([]);
  expect(plan.skipped).toMatchObject([{ asset: "base/BTC", reason: "below-minimum", detail: "$8.00 < $10.00 a trade" }]);
});

test.each<[string, Record<string, string>, string]>([
  ["R13: a short target", { "base/BTC": "-0.2", [CASH]: "1.2" }, "SHORT"],
  ["a sum of 0.9899", { "base/BTC": "0.4899", [CASH]: "0.5" }, "SUM_OUT_OF_RANGE"],
  ["a sum of 1.0101", { "base/BTC": "0.5101", [CASH]: "0.5" }, "SUM_OUT_OF_RANGE"],
  ["percent", { "base/BTC": "50", [CASH]: "50" }, "PERCENT_SCALE"],
  ["a stranger", { "base/PEPE": "0.5", [CASH]: "0.5" }, "UNKNOWN_ASSET"],
  ["no targets", {}, "SUM_OUT_OF_RANGE"],
])("%s is refused whole", (_, weights, problem) => {
  expect(() => planTargets(targets(weights), book, rules)).toThrow(
    expect.objectContaining({ code: "TARGETS_NOT_VALID", problem }),
  );
});

test("a holding with two weights, or a weight that is no number, is refused whole", () => {
  const twice = [...targets({ "base/BTC": "0.5", [CASH]: "0" }), ...targets({ "base/BTC": "0.5" })];
  expect(() => planTargets(twice, book, rules)).toThrow(TargetsError);
  const nan = [{ account: "wallet", asset: CASH, weight: ZERO.div(ZERO) }];
  expect(() => planTargets(nan, book, rules)).toThrow(expect.objectContaining({ problem: "NOT_FINITE" }));
});

test("a holding that the targets leave out is closed", () => {
  expect(steps(targets({ "base/BTC": "0.52", [CASH]: "0.48" }), book)).toEqual([`base/ETH 6 > ${CASH}`]);
});

test("a held asset without a price stops the plan, since the portfolio has no value without it", () => {
  const plan = planTargets(targets({ [CASH]: "1" }), [holding("base/BTC", "1", null), holding(CASH, "5", "1")], rules);
  expect(plan).toMatchObject({ steps: [], value_usd: null, line: "Cannot plan: no price for BTC" });
});

test("trades stop at what is left of each limit, and the tightest is named", () => {
  const held = [holding("base/BTC", "0", "100000"), holding(CASH, "10000", "1")];
  const wish = targets({ "base/BTC": "0.5", [CASH]: "0.5" });
  const caps = {
    sells: [],
    buys: [cap("max_single_trade_usd", "500"), cap("max_daily_spend_usd", "400")],
    max_position_usd: decimal(450),
  };
  const plan = planTargets(wish, held, { ...rules, caps });
  expect(plan.steps[0]?.intent.amount.toFixed()).toBe("400");
  expect(plan.clipped).toMatchObject([{ asset: "base/BTC", reason: "max_daily_spend_usd" }]);
  expect(plan.line).toBe("Raise BTC: 0 % → 4 % (of 50 %: max_daily_spend_usd)");
  const spent = { ...caps, buys: [cap("max_daily_spend_usd", "0")] };
  expect(planTargets(wish, held, { ...rules, caps: spent }).skipped).toMatchObject([
    { reason: "limit", detail: "$0.00 of room under max_daily_spend_usd" },
  ]);
});

test("the cap of a direction binds the sum of its trades, not each alone", () => {
  const held = [holding("base/BTC", "1", "1000"), holding("base/ETH", "1", "1000"), holding(CASH, "0", "1")];
  const caps = { sells: [cap("max_single_trade_usd", "1500")], buys: [], max_position_usd: "unlimited" as const };
  const plan = planTargets(targets({ [CASH]: "1" }), held, { ...rules, caps });
  expect(sum(plan.steps.map(({ value_usd }) => value_usd ?? ZERO)).toFixed()).toBe("1500");
});

test("no trade is planned whose floor the market would not give", () => {
  const market = { sell_usd: decimal("51700"), buy_usd: decimal("52300") };
  const held = [holding("base/BTC", "0.5", "52000", { market }), holding(CASH, "1000", "1")];
  const plan = planTargets(targets({ [CASH]: "1" }), held, rules);
  expect(plan.skipped).toMatchObject([{ reason: "market-away", detail: expect.stringContaining("57.7 bps") }]);
  expect(steps(targets({ [CASH]: "1" }), held, { slippage_bps: decimal(60) })).toHaveLength(1);
});

test("an asset that the mandate does not want any more is only sold; one that has no pool is left", () => {
  const held = [
    holding("base/GOV", "10", "10", { trade: "exit" }),
    holding("base/ETH", "1", "100", { trade: "none" }),
    holding(CASH, "100", "1"),
  ];
  expect(steps(targets({ [CASH]: "1" }), held)).toEqual([`base/GOV 10 > ${CASH}`]);
  expect(planTargets(targets({ "base/GOV": "1" }), held, rules).skipped).toMatchObject([
    { reason: "exit-only" },
    { reason: "not-tradable" },
  ]);
});

const SYMBOLS = ["base/AAA", "base/BBB", "base/CCC"] as const;

const anyCase = fc
  .record({
    assets: fc.array(
      fc.record({
        units: fc.bigInt(0n, 10n ** 12n),
        decimals: fc.constantFrom(0, 2, 6, 8, 18),
        cents: fc.integer({ min: 1, max: 10_000_000 }),
        share: fc.integer({ min: 0, max: 100 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    cash: fc.bigInt(0n, 10n ** 12n),
    cashShare: fc.integer({ min: 0, max: 100 }),
    threshold: fc.integer({ min: 0, max: 20 }),
    minimum: fc.integer({ min: 0, max: 50 }),
    slippage: fc.integer({ min: 0, max: 500 }),
    caps: fc.option(
      fc.record({ sell: fc.integer({ min: 0, max: 5_000 }), buy: fc.integer({ min: 0, max: 5_000 }), position: fc.nat(9_000) }),
    ),
  })
  .filter(({ assets, cashShare }) => cashShare + assets.reduce((total, { share }) => total + share, 0) > 0)
  .map(({ assets, cash, cashShare, threshold, minimum, slippage, caps }) => {
    const shares = cashShare + assets.reduce((total, { share }) => total + share, 0);
    const weight = (share: number): Decimal => decimal(share).div(shares);
    const holdings = assets.map(({ units, decimals, cents }, i) => ({
      ...holding(SYMBOLS[i] ?? CASH, "0", "1"),
      decimals,
      amount: fromUnits(units, decimals),
      price_usd: decimal(cents).div(100),
    }));
    const wish = assets.map(({ share }, i) => ({ account: "wallet", asset: SYMBOLS[i] ?? CASH, weight: weight(share) }));
    return {
      holdings: [...holdings, { ...holding(CASH, "0", "1"), amount: fromUnits(cash, 6) }],
      wish: [...wish, { account: "wallet", asset: CASH, weight: weight(cashShare) }],
      rules: {
        ...rules,
        threshold_points: decimal(threshold),
        min_trade_usd: decimal(minimum),
        slippage_bps: decimal(slippage),
        caps: caps
          ? { sells: [cap("one", `${caps.sell}`)], buys: [cap("one", `${caps.buy}`)], max_position_usd: decimal(caps.position) }
          : rules.caps,
      },
    };
  });

test("no plan sells more than is held, spends more cash than its sells leave for certain, or buys before it sells", () => {
  fc.assert(
    fc.property(anyCase, ({ holdings, wish, rules: drawn }) => {
      const plan = planTargets(wish, holdings, drawn);
      let cash = holdings.at(-1)?.amount ?? ZERO;
      let bought = false;
      for (const { intent } of plan.steps) {
        if (intent.buy === CASH) {
          expect(bought).toBe(false);
          const held = holdings.find(({ asset }) => asset === intent.sell)?.amount ?? ZERO;
          expect(intent.amount.lte(held)).toBe(true);
          cash = cash.plus(intent.floor);
        } else {
          bought = true;
          cash = cash.minus(intent.amount);
          expect(cash.gte(ZERO)).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("every amount and floor is a whole number of lots, and no floor is looser than the slippage", () => {
  fc.assert(
    fc.property(anyCase, ({ holdings, wish, rules: drawn }) => {
      const of = (asset: string) => holdings.find((one) => one.asset === asset) ?? holdings[0];
      for (const { intent } of planTargets(wish, holdings, drawn).steps) {
        const [sold, bought] = [of(intent.sell), of(intent.buy)];
        expect(intent.amount.decimalPlaces()).toBeLessThanOrEqual(sold?.decimals ?? 0);
        expect(intent.floor.decimalPlaces()).toBeLessThanOrEqual(bought?.decimals ?? 0);
        const given = intent.amount.times(sold?.price_usd ?? ZERO);
        const least = given.times(ONE.minus(drawn.slippage_bps.div(BPS)));
        expect(intent.floor.times(bought?.price_usd ?? ZERO).gte(least)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("after the plan, at its own prices, each weight is within one lot of its target but for what was skipped or clipped", () => {
  fc.assert(
    fc.property(anyCase, ({ holdings, wish, rules: drawn }) => {
      const plan = planTargets(wish, holdings, drawn);
      const total = plan.value_usd ?? ZERO;
      for (const held of holdings.slice(0, -1)) {
        const price = held.price_usd ?? ZERO;
        const step = plan.steps.find(({ intent }) => intent.sell === held.asset || intent.buy === held.asset);
        const change = step ? (step.intent.sell === held.asset ? step.value_usd?.neg() : step.value_usd) : ZERO;
        const after = held.amount.times(price).plus(change ?? ZERO);
        const want = total.times(wish.find(({ asset }) => asset === held.asset)?.weight ?? ZERO);
        const skipped = plan.skipped.find(({ asset }) => asset === held.asset);
        const clipped = plan.clipped.find(({ asset }) => asset === held.asset);
        const lot = step?.intent.sell === held.asset ? price.div(decimal(10).pow(held.decimals)) : decimal("0.000001");
        const missing = after.minus(want).abs();
        if (skipped)
          expect(
            missing
              .minus((skipped.deviation ?? ZERO).abs().times(total))
              .abs()
              .lte(total.times("1e-17")),
          ).toBe(true);
        else expect(missing.minus(clipped ? clipped.wanted_usd.minus(clipped.planned_usd) : ZERO).lte(lot)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test("no plan trades more in a direction than its cap, nor anything below the minimum or the threshold", () => {
  fc.assert(
    fc.property(anyCase, ({ holdings, wish, rules: drawn }) => {
      const plan = planTargets(wish, holdings, drawn);
      const traded = (buys: boolean) =>
        sum(plan.steps.filter(({ intent }) => (intent.sell === CASH) === buys).map(({ value_usd }) => value_usd ?? ZERO));
      for (const { left_usd } of drawn.caps.sells) expect(traded(false).lte(left_usd)).toBe(true);
      for (const { left_usd } of drawn.caps.buys) expect(traded(true).lte(left_usd)).toBe(true);
      for (const { value_usd } of plan.steps) expect(value_usd?.gte(drawn.min_trade_usd)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
