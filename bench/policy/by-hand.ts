import { SECOND } from "../../src/core/clock.ts";
import { isAbove, productIsAbove, sumIsAbove, sumTimesIsAbove } from "../../src/core/compare-decimals.ts";
import { atLeast0, BPS, type Decimal, decimal, isAbove0, minus, ONE, plus, sum, times, ZERO } from "../../src/core/decimal.ts";
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
  keptOfHigh: decimal(92),
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
  const last = !sumIsAbove(gas, gas, LIMITS.operatorsGas) && !isAbove(LIMITS.leastReduction, left);
  return last ? plus(LIMITS.operatorsGas, gas) : LIMITS.operatorsGas;
}

/** What somebody would write for this one mandate. */
export function byHand({ effects, prices, budgets }: Case): Said {
  const price = (asset: keyof typeof prices) => {
    const known = prices[asset];
    return known && "usd" in known ? known.usd : ZERO;
  };
  const usd = effects.deltas.map(({ asset, least }) => times(least, price(asset)));
  const outflow = sum(usd.filter((value) => value.isNegative())).negated();
  const loss = atLeast0(minus(outflow, sum(usd.filter(isAbove0))));
  const gas = sum(effects.gas.map(({ asset, most }) => times(most, price(asset))));
  const weth = effects.deltas.find(({ asset }) => asset === WETH);
  const heldWeth = effects.before.find(({ asset }) => asset === WETH)?.amount ?? ZERO;
  const most = weth === undefined || weth.most === "unbounded" ? ZERO : weth.most;
  const buys = isAbove0(most);
  const sold = weth?.least.negated() ?? ZERO;
  const reduces = !buys && effects.unknown.length === 0 && removesEnough() && isCheap();
  const [cycleBuys, cycleSells] = [budgets.cycle_buys_usd, budgets.cycle_sells_usd];
  const cycle = buys ? cycleBuys : cycleSells;
  const said: Code[] = effects.unknown.map(({ code }) => code);
  if (effects.deadline !== null && effects.deadline - NOW > 300 * SECOND) said.push("DEADLINE_TOO_FAR");
  if (!reduces && productIsAbove(loss, BPS, outflow, LIMITS.slippage)) said.push("SLIPPAGE");
  if (sumIsAbove(cycle, outflow, LIMITS.trade)) said.push("TRADE_TOO_LARGE");
  if (buys && sumIsAbove(budgets.spend_usd, outflow, LIMITS.spend)) said.push("DAILY_SPEND");
  if (!reduces && !loss.isZero() && sumIsAbove(budgets.loss_usd, loss, LIMITS.loss)) said.push("DAILY_LOSS");
  if (buys && sumTimesIsAbove(heldWeth, most, price(WETH), LIMITS.position, ONE)) said.push("POSITION_TOO_LARGE");
  const overPot = !gas.isZero() && sumIsAbove(budgets.gas_usd, gas, LIMITS.gas);
  if (overPot && (!reduces || overExitPot())) said.push("GAS_BUDGET");
  if (!reduces) {
    const value = sum(effects.before.map(({ asset, amount }) => times(amount, price(asset))));
    if (!productIsAbove(value, LIMITS.hundred, budgets.high_water_usd ?? ZERO, LIMITS.keptOfHigh)) said.push("DRAWDOWN");
    if (budgets.trades_last_hour >= 6) said.push("TRADES_PER_HOUR");
    if (budgets.last_trade_at !== null && NOW < budgets.last_trade_at + 300 * SECOND) said.push("COOLDOWN");
    if (budgets.consecutive_failures >= 3) said.push("BREAKER");
    const others = buys ? cycleSells : cycleBuys;
    if (sumIsAbove(cycle, outflow, LIMITS.approval) || isAbove(others, LIMITS.approval)) said.push("ask");
  }
  return saidOf(said);

  function removesEnough(): boolean {
    if (!isAbove(heldWeth, sold)) return true;
    return !isAbove(LIMITS.leastReduction, outflow) && !productIsAbove(heldWeth, LIMITS.leastShare, sold, ONE);
  }

  function isCheap(): boolean {
    return !sumTimesIsAbove(loss, gas, BPS, outflow, LIMITS.exitCost);
  }

  function overExitPot(): boolean {
    const left = times(minus(heldWeth, sold), price(WETH));
    return sumIsAbove(plus(budgets.exit_gas_usd, keptFor(gas, left)), gas, LIMITS.exitGas);
  }
}
