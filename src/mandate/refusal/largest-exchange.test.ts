import { expect, test } from "vitest";
import { SECOND } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import type { Effects } from "../../protocols/effects.ts";
import type { ExchangeMove } from "../../protocols/exchange-effects.ts";
import { judge } from "../judge.ts";
import type { Limits } from "../terms.ts";
import { EXCHANGE_PRICES, exchangeEffects, exchangeOrder, exchangeTerms, market } from "../testing/exchange-judging.ts";
import { budgetsWith, NOW } from "../testing/judging.ts";
import { type Largest, largestNow } from "./largest-now.ts";

const D = (value: string | number) => decimal(value);

function ordering(...orders: readonly Parameters<typeof exchangeOrder>[0][]): readonly ExchangeMove[] {
  return orders.map((order) => ({ do: "order", order: exchangeOrder(order) }));
}

/** A request of moves on an account whose figures they do not change. */
function largestOf(effects: Effects, limits: Partial<Limits>, budgets: Partial<Budgets> = {}): Largest | null {
  const { exchange } = effects;
  if (!exchange) throw new TypeError("it is of no exchange");
  const judged = { terms: exchangeTerms(limits), effects, prices: EXCHANGE_PRICES, budgets: budgetsWith(budgets), now: NOW };
  const verdict = judge(judged.terms, effects, judged.prices, judged.budgets, NOW);
  const codes = verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
  return largestNow({ ...judged, authority: {}, withMoves: (moves) => ({ ...exchange, moves }) }, codes);
}

test("orders that can open something are made smaller together, each to its market's lots", () => {
  const moves = ordering({ asset: "hl/BTC:perp", size: 6 }, { asset: "hl/HYPE:perp", size: 3 });
  const largest = largestOf(exchangeEffects({ moves }), { max_single_trade_usd: D(500) });
  expect(largest).toEqual({
    kind: "passes",
    amounts: [
      // 333.33 and 166.66 dollars: HYPE has two decimals, BTC five.
      { asset: "hl/BTC:perp", amount: D("3.33999") },
      { asset: "hl/HYPE:perp", amount: D("1.66") },
    ],
    because: [],
  });
});

test("a leg of a hedge closes in a cooldown as far as it may be bare, though the whole of it is no exit", () => {
  const markets = [market("hl/HYPE:perp", -20), market("hl/HYPE:spot", 20)];
  const effects = exchangeEffects({ markets, moves: ordering({ asset: "hl/HYPE:perp", size: 20, reduceOnly: true }) });
  const limits = { max_unhedged_usd: D(705), cooldown_seconds: D(300), max_exit_cost_bps: D(100) };
  const largest = largestOf(effects, limits, { last_trade_at: NOW - SECOND });
  expect(largest).toEqual({ kind: "passes", amounts: [{ asset: "hl/HYPE:perp", amount: D("7.05") }], because: [] });
});

test("what only closes is named the position, and what opens waits for its cooldown whatever its size", () => {
  const closing = { markets: [market("hl/BTC:perp", 2)], moves: ordering({ side: "sell", size: 5, reduceOnly: true }) };
  expect(largestOf(exchangeEffects(closing), {})).toMatchObject({ kind: "passes", amounts: [{ amount: D(2) }] });
  const opening = exchangeEffects({ moves: ordering({ size: 5 }) });
  const cooling = largestOf(opening, { cooldown_seconds: D(300) }, { last_trade_at: NOW - SECOND });
  expect(cooling).toEqual({ kind: "none", amounts: [], because: ["COOLDOWN"] });
});

test("an order that would be smaller than the venue takes is none", () => {
  const moves = ordering({ size: 5 });
  expect(largestOf(exchangeEffects({ moves }), { max_single_trade_usd: D("10") })).toMatchObject({
    amounts: [{ amount: D("0.1") }],
  });
  expect(largestOf(exchangeEffects({ moves }), { max_single_trade_usd: D("9.99") })).toMatchObject({
    kind: "none",
    because: ["TRADE_TOO_LARGE"],
  });
});
