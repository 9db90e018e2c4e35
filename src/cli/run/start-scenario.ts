import { MINUTE } from "../../core/clock.ts";
import type { BalanceRuleOptions } from "../../llm/scripted/balance-rule.ts";
import type { ScenarioStep } from "../../worlds/market.ts";

/** What happens in the market while `mandate start` runs: a move that wakes the model, then one that is worth a trade. */
export const START_SCENARIO: readonly ScenarioStep[] = [
  { at: 3.5 * MINUTE, asset: "WETH", change: "+0.06" },
  { at: 5.5 * MINUTE, asset: "WETH", change: "+0.5" },
];

/** The third time it is asked, the scripted model asks for everything that it must not have. */
export const START_SCRIPT: BalanceRuleOptions = { hostile: { 3: "all" } };
