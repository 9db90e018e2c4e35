import { perObject } from "../core/per-object.ts";
import { byAddress, byFunction, bySize } from "./rules/approval.ts";
import { callArguments } from "./rules/call-arguments.ts";
import { exchange } from "./rules/exchange.ts";
import { gas, gasReserve } from "./rules/gas.ts";
import { priceImpact, prices, slippage, suppliedPools } from "./rules/price.ts";
import type { Question, Rule } from "./rules/rule.ts";
import {
  allowances,
  contracts,
  deadline,
  protocolKinds,
  recipients,
  signatures,
  tokens,
  unfloored,
  unknowns,
} from "./rules/scope.ts";
import { allowedAtOnce, position, singleTrade, singleTradeUnits } from "./rules/size.ts";
import { dailyLoss, fleetLoss, fleetSpend, minCash, spendWindows, unitSpend } from "./rules/spend.ts";
import { actions, breaker, cooldown, drawdown, frozen, killed, openHours, rate, wayHome } from "./rules/stops.ts";
import type { Terms } from "./terms.ts";

/** Every rule, in the order in which people read a refusal: what it does, how much, how often. */
const RULES: readonly (Rule | UnlessReducing)[] = [
  unknowns,
  tokens,
  contracts,
  protocolKinds,
  callArguments,
  signatures,
  unfloored,
  suppliedPools,
  recipients,
  allowances,
  deadline,
  exchange,
  prices,
  unlessReducing(slippage),
  unlessReducing(priceImpact),
  singleTrade,
  allowedAtOnce,
  singleTradeUnits,
  spendWindows,
  unitSpend,
  fleetSpend,
  unlessReducing(minCash),
  dailyLoss,
  fleetLoss,
  position,
  gas,
  gasReserve,
  unlessReducing(drawdown),
  unlessReducing(rate),
  unlessReducing(cooldown),
  unlessReducing(breaker),
  unlessReducing(frozen),
  unlessReducing(actions),
  unlessReducing(openHours),
  killed,
  unlessReducing(wayHome),
];

/** A rule that getting safer passes. */
interface UnlessReducing {
  readonly otherwise: Rule;
}

function unlessReducing(otherwise: Rule): UnlessReducing {
  return { otherwise };
}

/** Whether a person has to agree to what nothing denies. */
const APPROVALS: readonly Rule[] = [bySize, byFunction, byAddress];

/** All that terms have asked, in the order of the rules. */
export interface Questions {
  /** Of a request that reduces: nobody has to agree to it. */
  readonly reducing: readonly Question[];
  /** Of any other. */
  readonly acting: readonly Question[];
  /** Of any other that nothing denies. */
  readonly approvals: readonly Question[];
}

/** Rules of which the terms want nothing are not among them, and cost nothing. */
export const questionsOf = perObject((terms: Terms): Questions => {
  const asked = (rules: readonly Rule[]) => rules.flatMap((rule) => rule(terms) ?? []);
  return {
    reducing: asked(RULES.flatMap((rule) => ("otherwise" in rule ? [] : [rule]))),
    acting: asked(RULES.map((rule) => ("otherwise" in rule ? rule.otherwise : rule))),
    approvals: asked(APPROVALS),
  };
});
