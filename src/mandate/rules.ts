import { callArguments } from "./rules/call-arguments.ts";
import { exchange } from "./rules/exchange.ts";
import { gas, gasReserve } from "./rules/gas.ts";
import { priceImpact, prices, slippage, suppliedPools } from "./rules/price.ts";
import { type Rule, unlessReducing } from "./rules/rule.ts";
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

/** Every rule, in the order in which people read a refusal: what it does, how much, how often. */
export const RULES: readonly Rule[] = [
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
  slippage,
  priceImpact,
  singleTrade,
  allowedAtOnce,
  singleTradeUnits,
  spendWindows,
  unitSpend,
  fleetSpend,
  minCash,
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
  wayHome,
];
