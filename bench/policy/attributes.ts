import { BPS, type Decimal, max, sum, ZERO } from "../../src/core/decimal.ts";
import { keptFor, LIMITS } from "./by-hand.ts";
import { type Case, NOW, WETH } from "./cases.ts";

/** What engines that know no exact decimals are told of a case: whole numbers, rounded so that no comparison changes. */
export interface Attributes {
  readonly unknowns: number;
  readonly deadline_ms: number;
  readonly reduces: boolean;
  readonly buys: boolean;
  /** Millionths of a basis point. */
  readonly slippage: number;
  /** Millionths of a dollar. */
  readonly cycle: number;
  readonly spent: number;
  readonly lost: number;
  readonly position: number;
  readonly gas: number;
  readonly exit_gas: number;
  /** Millionths of a percent. */
  readonly fallen: number;
  readonly trades: number;
  readonly since_trade_ms: number;
  readonly failures: number;
}

const MILLION = 1_000_000;

/** Above a whole limit exactly when the value is. */
function up(value: Decimal): number {
  return value.times(MILLION).ceil().toNumber();
}

export function attributesOf({ effects, prices, budgets }: Case): Attributes {
  const price = (asset: keyof typeof prices) => {
    const known = prices[asset];
    return known && "usd" in known ? known.usd : ZERO;
  };
  const usd = effects.deltas.map(({ asset, least }) => least.times(price(asset)));
  const outflow = sum(usd.filter((value) => value.isNegative())).negated();
  const loss = max(ZERO, outflow.minus(sum(usd.filter((value) => value.isPositive()))));
  const gas = sum(effects.gas.map(({ asset, most }) => most.times(price(asset))));
  const weth = effects.deltas.find(({ asset }) => asset === WETH);
  const held = effects.before.find(({ asset }) => asset === WETH)?.amount ?? ZERO;
  const most = weth === undefined || weth.most === "unbounded" ? ZERO : weth.most;
  const buys = most.gt(ZERO);
  const sold = weth?.least.negated() ?? ZERO;
  const enough = sold.gte(held) || (outflow.gte(LIMITS.leastReduction) && sold.gte(held.times(LIMITS.leastShare)));
  const cheap = loss.plus(gas).times(BPS).lte(outflow.times(LIMITS.exitCost));
  const value = sum(effects.before.map(({ asset, amount }) => amount.times(price(asset))));
  const peak = budgets.high_water_usd ?? ZERO;
  const fallen = peak.isZero() ? ZERO : peak.minus(value).times(100).div(peak);
  const deadline = effects.deadline === null ? 0 : effects.deadline - NOW;
  return {
    unknowns: effects.unknown.length,
    deadline_ms: deadline,
    reduces: !buys && effects.unknown.length === 0 && enough && cheap,
    buys,
    slippage: outflow.isZero() ? 0 : up(loss.times(BPS).div(outflow)),
    cycle: up((buys ? budgets.cycle_buys_usd : budgets.cycle_sells_usd).plus(outflow)),
    spent: up(budgets.spend_usd.plus(outflow)),
    lost: loss.isZero() ? 0 : up(budgets.loss_usd.plus(loss)),
    position: up(held.plus(most).times(price(WETH))),
    gas: gas.isZero() ? 0 : up(budgets.gas_usd.plus(gas)),
    exit_gas: gas.isZero() ? 0 : up(budgets.exit_gas_usd.plus(gas).plus(keptFor(gas, held.minus(sold).times(price(WETH))))),
    // At its limit it acts: rounded down.
    fallen: fallen.times(MILLION).floor().toNumber(),
    trades: budgets.trades_last_hour,
    since_trade_ms: budgets.last_trade_at === null ? Number.MAX_SAFE_INTEGER : NOW - budgets.last_trade_at,
    failures: budgets.consecutive_failures,
  };
}
