import { type BalanceRuleOptions, balanceRule } from "./balance-rule.ts";
import { liquidityRule } from "./liquidity-rule.ts";
import { toolRule } from "./tool-rule.ts";
import type { ScriptedRule } from "./turn.ts";

/**
 * The model of rehearsals and of `--mock`: it reads the strategy's prose, and keeps a balanced book or a liquidity position with
 * it, in one typed answer or with tools, whichever it is asked for.
 */
export function shippedRule(options: BalanceRuleOptions = {}): ScriptedRule {
  return toolRule(liquidityRule(balanceRule(options)));
}
