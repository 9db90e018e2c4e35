import { SECOND } from "../../src/core/clock.ts";
import { BPS, type Decimal, decimal, max, sum, ZERO } from "../../src/core/decimal.ts";
import type { ViolationCode } from "../../src/mandate/verdict.ts";
import { type Case, NOW, WETH } from "./cases.ts";

export const LIMITS = {
  trade: decimal(500),
  spend: decimal(2000),
  loss: decimal(60),
  position: decimal(6000),
  slippage: decimal(50),
  gas: decimal(5),
  exitGas: decimal(2),
  operatorsGas: decimal(1),
  drawdown: decimal(8),
  approval: decimal(400),
  exitCost: decimal(100),
  leastReduction: decimal(10),
  leastShare: decimal("0.05"),
  hundred: decimal(100),
} as const;

/** The first code for which it says no, "ask", or "allow". */
export type Said = ViolationCode | "ask" | "allow";

/** What an exit leaves in its pot: the operator's half, and of the other the last exit, unless it leaves nothing behind. */
export function keptFor(gas: Decimal, left: Decimal): Decimal {
  const last = LIMITS.operatorsGas.gte(gas.plus(gas)) && left.gte(LIMITS.leastReduction);
  return last ? LIMITS.operatorsGas.plus(gas) : LIMITS.operatorsGas;
}

/** What somebody would write for this one mandate: the first code for which it says no, "ask", or "allow". */
export function byHand({ effects, prices, budgets }: Case): Said {
  const price = (asset: keyof typeof prices) => {
    const known = prices[asset];
    return known && "usd" in known ? known.usd : ZERO;
  };
  const usd = effects.deltas.map(({ asset, least }) => least.times(price(asset)));
  const outflow = sum(usd.filter((value) => value.isNegative())).negated();
  const loss = max(ZERO, outflow.minus(sum(usd.filter((value) => value.isPositive()))));
  const gas = sum(effects.gas.map(({ asset, most }) => most.times(price(asset))));
  const weth = effects.deltas.find(({ asset }) => asset === WETH);
  const heldWeth = effects.before.find(({ asset }) => asset === WETH)?.amount ?? ZERO;
  const most = weth === undefined || weth.most === "unbounded" ? ZERO : weth.most;
  const buys = most.gt(ZERO);
  const sold = weth?.least.negated() ?? ZERO;
  const enough = sold.gte(heldWeth) || (outflow.gte(LIMITS.leastReduction) && sold.gte(heldWeth.times(LIMITS.leastShare)));
  const cheap = loss.plus(gas).times(BPS).lte(outflow.times(LIMITS.exitCost));
  const reduces = !buys && effects.unknown.length === 0 && enough && cheap;
  const value = sum(effects.before.map(({ asset, amount }) => amount.times(price(asset))));
  const cycleBuys = budgets.cycle_buys_usd.plus(buys ? outflow : ZERO);
  const cycleSells = budgets.cycle_sells_usd.plus(buys ? ZERO : outflow);
  if (effects.unknown[0]) return effects.unknown[0].code;
  if (effects.deadline !== null && effects.deadline - NOW > 300 * SECOND) return "DEADLINE_TOO_FAR";
  if (!reduces && loss.times(BPS).gt(outflow.times(LIMITS.slippage))) return "SLIPPAGE";
  if ((buys ? cycleBuys : cycleSells).gt(LIMITS.trade)) return "TRADE_TOO_LARGE";
  if (buys && budgets.spend_usd.plus(outflow).gt(LIMITS.spend)) return "DAILY_SPEND";
  if (!reduces && !loss.isZero() && budgets.loss_usd.plus(loss).gt(LIMITS.loss)) return "DAILY_LOSS";
  if (buys && heldWeth.plus(most).times(price(WETH)).gt(LIMITS.position)) {
    return "POSITION_TOO_LARGE";
  }
  if (!gas.isZero() && budgets.gas_usd.plus(gas).gt(LIMITS.gas)) {
    if (
      !reduces ||
      budgets.exit_gas_usd
        .plus(gas)
        .plus(keptFor(gas, heldWeth.minus(sold).times(price(WETH))))
        .gt(LIMITS.exitGas)
    )
      return "GAS_BUDGET";
  }
  if (reduces) return "allow";
  const peak = budgets.high_water_usd ?? ZERO;
  if (peak.minus(value).times(LIMITS.hundred).gte(peak.times(LIMITS.drawdown))) return "DRAWDOWN";
  if (budgets.trades_last_hour >= 6) return "TRADES_PER_HOUR";
  if (budgets.last_trade_at !== null && NOW < budgets.last_trade_at + 300 * SECOND) return "COOLDOWN";
  if (budgets.consecutive_failures >= 3) return "BREAKER";
  return max(cycleBuys, cycleSells).gt(LIMITS.approval) ? "ask" : "allow";
}
