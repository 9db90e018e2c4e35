import type { Attributes } from "./attributes.ts";
import type { Code } from "./by-hand.ts";

/** One comparison of an attribute with a constant. */
export interface Comparison {
  readonly of: keyof Attributes;
  readonly is: ">" | ">=" | "<" | "==";
  readonly than: number | boolean;
}

/** A rule as every engine can have it: it says its code when all comparisons hold. In the order in which the judge names them. */
export interface PlainRule {
  readonly code: Code;
  readonly when: readonly Comparison[];
}

const M = 1_000_000;
const acts: Comparison = { of: "reduces", is: "==", than: false };
const is = (of: keyof Attributes, comparison: Comparison["is"], than: number | boolean): Comparison => ({
  of,
  is: comparison,
  than,
});

/** The twelve rules, gas in the two parts that a rule without "or" needs, and the question after them. */
export const RULES: readonly PlainRule[] = [
  { code: "NO_FLOOR", when: [is("unknowns", ">", 0)] },
  { code: "DEADLINE_TOO_FAR", when: [is("deadline_ms", ">", 300_000)] },
  { code: "SLIPPAGE", when: [acts, is("slippage", ">", 50 * M)] },
  { code: "TRADE_TOO_LARGE", when: [is("cycle", ">", 500 * M)] },
  { code: "DAILY_SPEND", when: [is("buys", "==", true), is("spent", ">", 2_000 * M)] },
  { code: "DAILY_LOSS", when: [acts, is("lost", ">", 60 * M)] },
  { code: "POSITION_TOO_LARGE", when: [is("buys", "==", true), is("position", ">", 6_000 * M)] },
  { code: "GAS_BUDGET", when: [acts, is("gas", ">", 5 * M)] },
  { code: "GAS_BUDGET", when: [is("reduces", "==", true), is("gas", ">", 5 * M), is("exit_gas", ">", 2 * M)] },
  { code: "DRAWDOWN", when: [acts, is("fallen", ">=", 8 * M)] },
  { code: "TRADES_PER_HOUR", when: [acts, is("trades", ">=", 6)] },
  { code: "COOLDOWN", when: [acts, is("since_trade_ms", "<", 300_000)] },
  { code: "BREAKER", when: [acts, is("failures", ">=", 3)] },
  { code: "ask", when: [acts, is("cycle", ">", 400 * M)] },
];
