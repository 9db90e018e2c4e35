import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import type { Effects } from "../../protocols/effects.ts";
import type { ExchangeMove } from "../../protocols/exchange-effects.ts";
import { judge } from "../judge.ts";
import type { Limits } from "../terms.ts";
import { EXCHANGE_PRICES, exchangeEffects, exchangeOrder, exchangeTerms, market } from "../testing/exchange-judging.ts";
import { budgetsWith, NOW } from "../testing/judging.ts";

const usd = (amount: string | number) => decimal(amount);
const FROZEN: Partial<Budgets> = { frozen: { code: "FROZEN_BY_OPERATOR", reason: "enough" } };
const EXITS = { max_exit_cost_bps: usd(50) };
const cross = { leverage: { value: usd(1), isolated: false } };

function codes(effects: Effects, limits: Partial<Limits> = EXITS, budgets = FROZEN, operator = false): readonly string[] {
  const verdict = judge(exchangeTerms(limits), effects, EXCHANGE_PRICES, budgetsWith(budgets), NOW, { operator });
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
}
const moving = (move: ExchangeMove, ...markets: readonly ReturnType<typeof market>[]): Effects =>
  exchangeEffects({ moves: [move], markets });
const selling = (change: Parameters<typeof exchangeOrder>[0] = {}) =>
  exchangeOrder({ side: "sell", reduceOnly: true, ...change });

test("a person's way home may use the last of the venue's requests, and nobody else's", () => {
  const effects = exchangeEffects({
    moves: [{ do: "order", order: selling() }],
    markets: [market("hl/BTC:perp", 1)],
    after: { quota_left: usd(0) },
  });
  expect(codes(effects)).toEqual(["REQUEST_RESERVE"]);
  expect(codes(effects, EXITS, FROZEN, true)).toEqual([]);
});

test("a stop whose trigger is met is an order at the market, and held to what it may fill worse than that", () => {
  const stop = (trigger: number, price: string) =>
    moving({ do: "order", order: selling({ trigger, price }) }, market("hl/BTC:perp", 1));
  // Bitcoin stands at 100: a stop that sells at 120 is an order to sell now.
  expect(codes(stop(120, "99.5"))).toEqual([]);
  expect(codes(stop(120, "99.4"))).toContain("FROZEN");
  expect(codes(stop(90, "89.6"))).toEqual([]);
});

test("a stop that is replaced is a stop that is taken away, whatever takes its place", () => {
  const replaced = (protective: boolean) =>
    moving({ do: "replace", order: selling({ trigger: 90, price: "89.6" }), protective }, market("hl/BTC:perp", 1));
  expect(codes(replaced(false))).toEqual([]);
  expect(codes(replaced(true))).toEqual(["FROZEN"]);
});

test("settings of a market and of scheduled cancels are no way past a stop", () => {
  const leverage: ExchangeMove = { do: "leverage", asset: "hl/BTC:perp", leverage: usd(1), isolated: true };
  expect(codes(moving(leverage))).toEqual(["FROZEN"]);
  expect(codes(moving({ do: "schedule-cancel", at: null }))).toEqual(["FROZEN"]);
  expect(codes(moving(leverage), EXITS, {})).toEqual([]);
});

test("dollars pass a stop on their way to positions that share them, ten at least, and on no other way", () => {
  const transfer = (to: "perp" | "spot", amount: string | number) =>
    ({ do: "transfer", to, usd: usd(amount) }) satisfies ExchangeMove;
  const [shared, own] = [market("hl/BTC:perp", 1, cross), market("hl/BTC:perp", 1)];
  expect(codes(moving(transfer("perp", 10), shared))).toEqual([]);
  expect(codes(moving(transfer("perp", "9.999999"), shared))).toEqual(["FROZEN"]);
  expect(codes(moving(transfer("perp", 10), own))).toEqual(["FROZEN"]);
  expect(codes(moving(transfer("perp", 10), market("hl/BTC:perp", 0, cross)))).toEqual(["FROZEN"]);
  expect(codes(moving(transfer("spot", 10), shared))).toEqual(["FROZEN"]);
});
