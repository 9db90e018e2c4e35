import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import type { Effects } from "../protocols/effects.ts";
import { judge } from "./judge.ts";
import { budgetsWith, held, NOW, PRICES, selling, termsWith } from "./testing/judging.ts";

/** What an exit's gas comes to here: half a dollar. */
const EACH = 0.5;
const GAS = { chain: "base", asset: "base/ETH", units: 1n, maxFeePerGas: 1n, most: decimal("0.0002") } as const;

interface Case {
  readonly sold: number;
  readonly worth: number;
  readonly used: number;
  readonly pot?: number;
  readonly operator?: boolean;
}

/** The codes for which an exit of so many dollars is refused, when the day's other gas is burnt. */
function codesOf({ sold, worth, used, pot = 6, operator = false }: Case): readonly string[] {
  const limits = { max_exit_cost_bps: decimal(1_000), max_single_trade_usd: decimal(500) };
  const pots = { max_gas_usd_per_day: decimal(0), exit_gas_usd_per_day: decimal(pot) };
  const before = [held("base/WETH", decimal(worth).div(2500).toFixed()), held("base/GOV", "0.0001")];
  const effects: Effects = { ...selling(sold), gas: [GAS], before };
  const budgets = budgetsWith({ exit_gas_usd: decimal(used) });
  const verdict = judge(termsWith({ ...limits, ...pots }), effects, PRICES, budgets, NOW, { operator });
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
}

test("the agent's exits may burn half of the pot, the last of it only with an exit that leaves nothing, and the operator's all", () => {
  expect(codesOf({ sold: 500, worth: 2_000, used: 2 })).toEqual([]);
  expect(codesOf({ sold: 500, worth: 2_000, used: 2.01 })).toEqual(["GAS_BUDGET"]);
  expect(codesOf({ sold: 100, worth: 500, used: 2.5 })).toEqual(["GAS_BUDGET"]);
  expect(codesOf({ sold: 500, worth: 500, used: 2.5 })).toEqual([]);
  expect(codesOf({ sold: 500, worth: 500, used: 2.51 })).toEqual(["GAS_BUDGET"]);
  expect(codesOf({ sold: 500, worth: 2_000, used: 5.5, operator: true })).toEqual([]);
  expect(codesOf({ sold: 500, worth: 2_000, used: 5.51, operator: true })).toEqual(["GAS_BUDGET"]);
});

test("a pot of two exits lets the agent make one, whole or not", () => {
  expect(codesOf({ sold: 100, worth: 500, used: 0, pot: 1 })).toEqual([]);
  expect(codesOf({ sold: 500, worth: 500, used: 0.01, pot: 1 })).toEqual(["GAS_BUDGET"]);
});

test("whatever the agent sells and is given back, half of the pot still pays for the operator's whole way out", () => {
  const step = fc.record({ share: fc.integer({ min: 5, max: 100 }), givenBack: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (steps, lots) => {
      const [whole, pot] = [lots * 500, lots * EACH * 2];
      let [worth, used] = [whole, 0];
      const exit = (usd: number, operator: boolean) => {
        if (codesOf({ sold: usd, worth, used, pot, operator }).length > 0) return false;
        [worth, used] = [worth - usd, used + EACH];
        return true;
      };
      for (const { share, givenBack } of steps) {
        if (worth < 50) worth = whole;
        if (exit(Math.min(500, Math.max(25, Math.floor((worth * share) / 100))), false) && givenBack) worth = whole;
      }
      while (worth >= 10) expect(exit(Math.min(500, worth), true), `${worth} left, ${used} of ${pot} used`).toBe(true);
    }),
    { numRuns: 100 },
  );
});
