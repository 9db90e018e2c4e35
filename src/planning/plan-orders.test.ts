import fc from "fast-check";
import { expect, test } from "vitest";
import { BPS, type Decimal, decimal, fromUnits, max, ONE, sum, ZERO } from "../core/decimal.ts";
import type { OrderLine, OrderRules, PlannedOrderIntent } from "./plan.ts";
import { planOrders } from "./plan-orders.ts";
import type { Targets } from "./targets.ts";
import { orderLine, orderRules } from "./testing/order-line.ts";

const targets = (weights: Record<string, string>): Targets =>
  Object.entries(weights).map(([market, weight]) => ({ account: "trader", asset: `hl/${market}`, weight: decimal(weight) }));

const said = (intents: readonly { readonly intent: PlannedOrderIntent }[]) =>
  intents.map(({ intent }) =>
    intent.kind === "transfer"
      ? `${intent.usd.toFixed()} to ${intent.to}`
      : `${intent.side} ${intent.size.toFixed()} ${intent.market.slice(3)}${intent.reduce_only ? " reduce-only" : ""}`,
  );

test("all cash in perpetuals becomes a hedge of short and spot: the money moves first, then both legs are opened", () => {
  const lines = [orderLine("BTC:perp", "0", "50000"), orderLine("BTC:spot", "0", "50000")];
  const wish = targets({ "BTC:perp": "-0.4", "BTC:spot": "0.4", USDC: "0.2" });
  const plan = planOrders(wish, lines, { ...orderRules, transfers: true });
  expect(said(plan.steps)).toEqual(["4021.81 to spot", "sell 0.08 BTC:perp", "buy 0.08 BTC:spot"]);
  expect(plan.line).toBe("Move $4,021.81 from perp to spot; Short BTC:perp: 0 % → -40 %; Raise BTC:spot: 0 % → 40 %");
});

test("where no key may move money between the classes, the plan says what is missing where", () => {
  const lines = [orderLine("BTC:spot", "0", "50000")];
  const plan = planOrders(targets({ "BTC:spot": "0.4", USDC: "0.6" }), lines, orderRules);
  expect(plan.steps).toEqual([]);
  expect(plan.skipped).toMatchObject([
    { asset: "hl/USDC", reason: "no-transfer", detail: expect.stringContaining("$4,021.81 of perp cash") },
    { asset: "hl/BTC:spot", reason: "no-cash" },
  ]);
});

test("all cash closes longs by selling and shorts by buying, the larger one first, each with all that is held", () => {
  const lines = [orderLine("ETH:perp", "-1", "3000"), orderLine("SOL:spot", "40", "100"), orderLine("BTC:perp", "0.02", "50000")];
  expect(said(planOrders(targets({ USDC: "1" }), lines, orderRules).steps)).toEqual([
    "sell 40 SOL:spot reduce-only",
    "buy 1 ETH:perp reduce-only",
    "sell 0.02 BTC:perp reduce-only",
  ]);
});

test("what is bought shrinks when the reduction before it filled only in part", () => {
  const wish = targets({ "ETH:perp": "0.9", USDC: "0.1" });
  const plan = (held: string, free: string, more: Partial<OrderLine> = {}) =>
    planOrders(wish, [orderLine("BTC:perp", held, "50000", more), orderLine("ETH:perp", "0", "2500")], {
      ...orderRules,
      purses: { perp: decimal(free), spot: ZERO },
    });
  expect(said(plan("0.18", "500").steps)).toEqual(["sell 0.18 BTC:perp reduce-only", "buy 3.6 ETH:perp"]);
  // A third was sold, its margin is free, and there is nobody to sell the rest to.
  const stuck = plan("0.12", "3500", { market: { sell_usd: decimal(40_000), buy_usd: decimal(60_000) } });
  expect(said(stuck.steps)).toEqual(["buy 1.3855 ETH:perp"]);
  expect(stuck.clipped).toMatchObject([{ asset: "hl/ETH:perp", reason: "cash" }]);
});

test("a position that cannot be closed is not turned round", () => {
  const lines = [orderLine("BTC:perp", "0.04", "50000")];
  const caps = {
    sells: [{ limit: "max_single_trade_usd", left_usd: decimal(500) }],
    buys: [],
    max_position_usd: "unlimited" as const,
  };
  const plan = planOrders(targets({ "BTC:perp": "-0.2", USDC: "0.8" }), lines, { ...orderRules, caps });
  expect(said(plan.steps)).toEqual(["sell 0.01 BTC:perp reduce-only"]);
  expect(plan.skipped).toMatchObject([{ asset: "hl/BTC:perp", reason: "not-closed" }]);
});

test.each([
  [true, ["sell 0.0001 BTC:perp reduce-only"]],
  [false, []],
])("less than the venue's minimum is closed whole where the venue takes that: %s", (closes_below_least, orders) => {
  const rules = { ...orderRules, value_usd: decimal(50), closes_below_least };
  const lines = [orderLine("BTC:perp", "0.0001", "50000")];
  expect(said(planOrders(targets({ USDC: "1" }), lines, rules).steps)).toEqual(orders);
});

test("the estimate is the fee on what is traded and what walking the book costs, not a part of the portfolio", () => {
  const level = (price: string, size: string) => ({ price: decimal(price), size: decimal(size) });
  const book = { bids: [level("49990", "1")], asks: [level("50010", "0.02"), level("50100", "0.02"), level("60000", "5")] };
  const market = { sell_usd: decimal(49_990), buy_usd: decimal(50_010) };
  const plan = planOrders(
    targets({ "BTC:perp": "0.25", USDC: "0.75" }),
    [orderLine("BTC:perp", "0", "50000", { book, market })],
    orderRules,
  );
  // 2,500 at 4.5 bps; 0.02 × 10 + 0.02 × 100; the last 0.01 is not there within 0.5 %, so it counts 250 a coin.
  expect(plan.cost_usd.toFixed()).toBe("5.825");
});

test("nothing is opened where the book's best price is further away than the slippage", () => {
  const market = { sell_usd: decimal(49_700), buy_usd: decimal(50_300) };
  for (const weight of ["0.4", "-0.4"]) {
    const plan = planOrders(
      targets({ "BTC:perp": weight, USDC: "0.6" }),
      [orderLine("BTC:perp", "0", "50000", { market })],
      orderRules,
    );
    expect(plan.skipped).toMatchObject([{ reason: "market-away", detail: expect.stringContaining("60 bps") }]);
  }
});

test("with leverage, weights may sum to as much, and a position takes that much less of the cash", () => {
  const lines = [orderLine("BTC:perp", "0", "50000", { leverage: decimal(2) })];
  const wish = targets({ "BTC:perp": "1.8", USDC: "0.2" });
  expect(() => planOrders(wish, lines, orderRules)).toThrow(expect.objectContaining({ problem: "SUM_OUT_OF_RANGE" }));
  const plan = planOrders(wish, lines, { ...orderRules, most_gross: decimal(2) });
  expect(said(plan.steps)).toEqual(["buy 0.36 BTC:perp"]);
});

test("bringing what is held to the wanted leverage takes margin before it grows", () => {
  const lines = [orderLine("BTC:perp", "0.02", "50000", { top_up_usd: decimal(800), margin_usd: decimal(200) })];
  const rules = { ...orderRules, purses: { perp: decimal(1_811), spot: ZERO } };
  const plan = planOrders(targets({ "BTC:perp": "0.3", USDC: "0.7" }), lines, rules);
  expect(said(plan.steps)).toEqual(["buy 0.02 BTC:perp"]);
  expect(plan.clipped).toMatchObject([{ reason: "cash" }]);
});

test("an account that is worth less than nothing only closes", () => {
  const lines = [orderLine("BTC:perp", "0.02", "50000"), orderLine("ETH:perp", "0", "2500")];
  const plan = planOrders(targets({ "ETH:perp": "0.5", USDC: "0.5" }), lines, { ...orderRules, value_usd: decimal(-5) });
  expect(said(plan.steps)).toEqual(["sell 0.02 BTC:perp reduce-only"]);
});

// Properties. The oracle below applies steps to lines and purses without any of the planner's own functions.

const MARKETS = ["AAA:perp", "BBB:perp", "CCC:spot", "DDD:spot"] as const;

const anyCase = fc
  .record({
    lines: fc.tuple(
      ...MARKETS.map((market) =>
        fc.record({
          market: fc.constant(market),
          units: fc.integer({ min: market.endsWith("perp") ? -1_000_000 : 0, max: 1_000_000 }),
          decimals: fc.constantFrom(0, 2, 4),
          cents: fc.integer({ min: 1, max: 1_000_000 }),
          share: fc.integer({ min: market.endsWith("perp") ? -100 : 0, max: 100 }),
          lever: fc.constantFrom(1, 2, 3),
          held: fc.boolean(),
        }),
      ),
    ),
    cash: fc.integer({ min: 1, max: 100 }),
    perp: fc.integer({ min: -1_000, max: 1_000_000 }),
    spot: fc.integer({ min: -1_000, max: 1_000_000 }),
    value: fc.integer({ min: 1, max: 5_000_000 }),
    threshold: fc.integer({ min: 0, max: 20 }),
    minimum: fc.integer({ min: 0, max: 50 }),
    slippage: fc.integer({ min: 0, max: 300 }),
    transfers: fc.boolean(),
  })
  .map(({ lines, cash, perp, spot, value, threshold, minimum, slippage, transfers }) => {
    const shares = cash + lines.reduce((total, { share }) => total + Math.abs(share), 0);
    const made = lines.map(({ market, units, decimals, cents, lever, held }) => {
      const amount = held ? fromUnits(BigInt(units), decimals) : ZERO;
      const price = decimal(cents).div(100);
      const leverage = market.endsWith("perp") ? decimal(lever) : ONE;
      const margin_usd = amount.abs().times(price).div(leverage);
      return orderLine(market, amount.toFixed(), price.toFixed(), { decimals, leverage, margin_usd });
    });
    const wish = lines.map(({ market, share }) => [market, decimal(share).div(shares)] as const);
    return {
      lines: made,
      wish: [...wish, ["USDC", decimal(cash).div(shares)] as const].map(([market, weight]) => ({
        account: "trader",
        asset: `hl/${market}` as const,
        weight,
      })),
      rules: {
        ...orderRules,
        value_usd: decimal(value),
        purses: { perp: decimal(perp), spot: decimal(spot) },
        threshold_points: decimal(threshold),
        min_trade_usd: decimal(minimum),
        slippage_bps: decimal(slippage),
        transfers,
      } satisfies OrderRules,
    };
  });

interface State {
  readonly lines: readonly OrderLine[];
  readonly purses: { readonly perp: Decimal; readonly spot: Decimal };
}

/** Fills a step whole, `worse` of its price away from it and with its fee (or exactly at its price, free). */
function apply({ lines, purses }: State, intent: PlannedOrderIntent, worse: Decimal, feeFree: boolean): State {
  if (intent.kind === "transfer") {
    const from = intent.to === "perp" ? "spot" : "perp";
    return {
      lines,
      purses: { ...purses, [intent.to]: purses[intent.to].plus(intent.usd), [from]: purses[from].minus(intent.usd) },
    };
  }
  const line = lines.find(({ asset }) => asset === intent.market);
  if (!line?.price_usd) throw new Error("a step in no market");
  const signed = intent.side === "buy" ? intent.size : intent.size.neg();
  const price = line.price_usd.times(intent.side === "buy" ? ONE.plus(worse) : ONE.minus(worse));
  const fee = feeFree ? ZERO : intent.size.times(price).times(line.fee_bps).div(BPS);
  const amount = line.amount.plus(signed);
  const before = line.margin_usd;
  const value = amount.abs().times(line.price_usd);
  // A reduction frees its part of the margin; an increase ties up what its price and leverage ask.
  const margin_usd = intent.reduce_only
    ? before.times(amount.abs()).div(line.amount.abs())
    : before.plus(intent.size.times(price).div(line.leverage));
  const paid =
    line.class === "spot"
      ? signed.times(price).plus(fee).neg()
      : before.minus(margin_usd).minus(intent.size.times(line.price_usd).times(worse)).minus(fee);
  const after = { ...line, amount, margin_usd: line.class === "spot" ? value : margin_usd };
  return {
    lines: lines.map((one) => (one === line ? after : one)),
    purses: { ...purses, [line.class]: purses[line.class].plus(paid) },
  };
}

const weightOf = (wish: Targets, line: OrderLine) => wish.find(({ asset }) => asset === line.asset)?.weight ?? ZERO;

test("at the worst fills and fees, no increase spends more of its class than is there", () => {
  fc.assert(
    fc.property(anyCase, ({ lines, wish, rules }) => {
      let state: State = { lines, purses: rules.purses };
      for (const { intent } of planOrders(wish, lines, rules).steps) {
        state = apply(state, intent, rules.slippage_bps.div(BPS), false);
        if (intent.kind === "transfer") expect(max(state.purses.perp, state.purses.spot).gte(ZERO)).toBe(true);
        else if (!intent.reduce_only) {
          const own = lines.find(({ asset }) => asset === intent.market)?.class ?? "perp";
          expect(state.purses[own].gte("-0.000001")).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("no step takes an exposure beyond its target, or turns it round while it reduces", () => {
  fc.assert(
    fc.property(anyCase, ({ lines, wish, rules }) => {
      let state: State = { lines, purses: rules.purses };
      for (const { intent } of planOrders(wish, lines, rules).steps) {
        const before = state.lines;
        state = apply(state, intent, ZERO, true);
        if (intent.kind === "transfer") continue;
        const [was, is] = [before, state.lines].map((some) => some.find(({ asset }) => asset === intent.market));
        if (!was?.price_usd || !is) throw new Error("a step in no market");
        const target = rules.value_usd.times(weightOf(wish, was));
        if (intent.reduce_only) {
          expect(is.amount.abs().lt(was.amount.abs())).toBe(true);
          expect(is.amount.times(was.amount).gte(ZERO)).toBe(true);
          // Less than what is wanted is left only on the way through nothing.
          if (target.times(was.amount).gt(ZERO))
            expect(is.amount.abs().times(was.price_usd).gte(target.abs().minus("1e-100"))).toBe(true);
        } else {
          expect(is.amount.times(target).gt(ZERO)).toBe(true);
          // A weight of 160 digits is rounded in the last of them.
          expect(is.amount.abs().times(was.price_usd).lte(target.abs().plus("1e-100"))).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("reductions come first, then transfers, then increases", () => {
  fc.assert(
    fc.property(anyCase, ({ lines, wish, rules }) => {
      const ranks = planOrders(wish, lines, rules).steps.map(({ intent }) =>
        intent.kind === "transfer" ? 1 : intent.reduce_only ? 0 : 2,
      );
      expect(ranks).toEqual(ranks.toSorted());
    }),
    { numRuns: 300 },
  );
});

test("from the exact result of a plan that nothing made smaller, there is nothing left to plan", () => {
  fc.assert(
    fc.property(anyCase, ({ lines, wish, rules }) => {
      const plan = planOrders(wish, lines, rules);
      const short = plan.skipped.some(({ reason }) => ["no-cash", "no-transfer", "not-closed"].includes(reason));
      fc.pre(plan.clipped.length === 0 && !short);
      let state: State = { lines, purses: rules.purses };
      for (const { intent } of plan.steps) state = apply(state, intent, ZERO, true);
      expect(said(planOrders(wish, state.lines, { ...rules, purses: state.purses }).steps)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("taking one step at a time and planning anew comes to an end, whatever the fills cost", () => {
  fc.assert(
    fc.property(anyCase, fc.boolean(), ({ lines, wish, rules }, dear) => {
      const worse = dear ? rules.slippage_bps.div(BPS) : ZERO;
      let state: State = { lines, purses: rules.purses };
      const taken: string[] = [];
      for (let left = 60; left > 0; left--) {
        const [first] = planOrders(wish, state.lines, { ...rules, purses: state.purses }).steps;
        if (!first) return;
        taken.push(...said([first]));
        state = apply(state, first.intent, worse, !dear);
      }
      expect(taken).toEqual("an end");
    }),
    { numRuns: 300 },
  );
});

test("long and short are treated alike: the mirrored portfolio has the mirrored plan", () => {
  fc.assert(
    fc.property(anyCase, ({ lines, wish, rules }) => {
      const perps = lines.filter((line) => line.class === "perp");
      const spots = sum(wish.filter(({ asset }) => asset.endsWith(":spot")).map(({ weight }) => weight));
      const kept = wish
        .filter(({ asset }) => !asset.endsWith(":spot"))
        .map((one) => (one.asset === "hl/USDC" ? { ...one, weight: one.weight.plus(spots) } : one));
      const turned = kept.map((one) => (one.asset === "hl/USDC" ? one : { ...one, weight: one.weight.neg() }));
      const mirror = planOrders(
        turned,
        perps.map((line) => ({ ...line, amount: line.amount.neg() })),
        rules,
      );
      const flip = (text: string) => (text.startsWith("buy") ? text.replace("buy", "sell") : text.replace("sell", "buy"));
      expect(said(mirror.steps).map(flip)).toEqual(said(planOrders(kept, perps, rules).steps));
    }),
    { numRuns: 300 },
  );
});
