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

/** A rule's code, or the question that comes after all of them. */
export type Code = ViolationCode | "ask";

/** Every code for which it says no, in the order of the rules and joined by commas; "ask", or "allow". */
export type Said = string;

/** What the rules that hold come to: each code once, and the question only where nothing denies. */
export function saidOf(codes: readonly Code[]): Said {
  const denied = [...new Set(codes.filter((code) => code !== "ask"))];
  if (denied.length > 0) return denied.join(",");
  return codes.length > 0 ? "ask" : "allow";
}

/** What an exit leaves in its pot: the operator's half, and of the other the last exit, unless it leaves nothing behind. */
export function keptFor(gas: Decimal, left: Decimal): Decimal {
  const last = LIMITS.operatorsGas.gte(gas.plus(gas)) && left.gte(LIMITS.leastReduction);
  return last ? LIMITS.operatorsGas.plus(gas) : LIMITS.operatorsGas;
}

/** What somebody would write for this one mandate. */
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
  const said: Code[] = effects.unknown.map(({ code }) => code);
  if (effects.deadline !== null && effects.deadline - NOW > 300 * SECOND) said.push("DEADLINE_TOO_FAR");
  if (!reduces && loss.times(BPS).gt(outflow.times(LIMITS.slippage))) said.push("SLIPPAGE");
  if ((buys ? cycleBuys : cycleSells).gt(LIMITS.trade)) said.push("TRADE_TOO_LARGE");
  if (buys && budgets.spend_usd.plus(outflow).gt(LIMITS.spend)) said.push("DAILY_SPEND");
  if (!reduces && !loss.isZero() && budgets.loss_usd.plus(loss).gt(LIMITS.loss)) said.push("DAILY_LOSS");
  if (buys && heldWeth.plus(most).times(price(WETH)).gt(LIMITS.position)) said.push("POSITION_TOO_LARGE");
  const overPot = !gas.isZero() && budgets.gas_usd.plus(gas).gt(LIMITS.gas);
  if (overPot && (!reduces || overExitPot())) said.push("GAS_BUDGET");
  if (!reduces) {
    const peak = budgets.high_water_usd ?? ZERO;
    if (peak.minus(value).times(LIMITS.hundred).gte(peak.times(LIMITS.drawdown))) said.push("DRAWDOWN");
    if (budgets.trades_last_hour >= 6) said.push("TRADES_PER_HOUR");
    if (budgets.last_trade_at !== null && NOW < budgets.last_trade_at + 300 * SECOND) said.push("COOLDOWN");
    if (budgets.consecutive_failures >= 3) said.push("BREAKER");
    if (max(cycleBuys, cycleSells).gt(LIMITS.approval)) said.push("ask");
  }
  return saidOf(said);

  function overExitPot(): boolean {
    const left = heldWeth.minus(sold).times(price(WETH));
    return budgets.exit_gas_usd.plus(gas).plus(keptFor(gas, left)).gt(LIMITS.exitGas);
  }
}
