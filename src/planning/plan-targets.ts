import { BPS, type Decimal, max, min, ONE, roundDown, roundUp, sum, ZERO } from "../core/decimal.ts";
import { UsageError } from "../core/errors.ts";
import type { Mode, Priced, Trade } from "./mode.ts";
import type { Plan, PlanHolding, PlannedSwap, PlanRules } from "./plan.ts";
import { isPriced, planWeights } from "./plan-weights.ts";
import type { Targets } from "./targets.ts";

/**
 * Plans by swaps against the numeraire, for what can only be held: see {@link planWeights}.
 *
 * Sizes are rounded down to lots, floors up, so that neither a sale beyond what is held nor a loss beyond
 * `slippage_bps` can come of rounding. Cash that sells bring counts at their floors.
 *
 * @throws {TargetsError} for targets that do not hold together.
 */
export function planTargets(targets: Targets, holdings: readonly PlanHolding[], rules: PlanRules): Plan<PlannedSwap> {
  const { numeraire } = rules;
  const cash = holdings.find(({ account, asset }) => account === numeraire.account && asset === numeraire.asset);
  if (!cash) throw new UsageError(`the numeraire ${numeraire.asset} is not among the holdings`);
  const lines = holdings.filter((holding) => holding !== cash);
  // Without the price of cash there is no plan, whatever stands in for it.
  const priced = isPriced(cash) ? cash : { ...cash, price_usd: ONE };
  return planWeights(targets, lines, rules, swapMode(priced, isPriced(cash) ? sum(holdings.map(worth)) : null, rules));
}

function swapMode(
  cash: Priced<PlanHolding>,
  value_usd: Decimal | null,
  rules: PlanRules,
): Mode<PlanHolding, PlannedSwap, "cash"> {
  const keep = ONE.minus(rules.slippage_bps.div(BPS));
  const swap = (sold: Priced<PlanHolding>, bought: Priced<PlanHolding>, amount: Decimal): PlannedSwap | null => {
    const floor = roundUp(amount.times(sold.price_usd).times(keep).div(bought.price_usd), bought.decimals);
    if (amount.isZero() || floor.isZero()) return null;
    return { kind: "swap", account: sold.account, sell: sold.asset, buy: bought.asset, amount, floor };
  };
  const costs = ({ fee_bps }: PlanHolding, value: Decimal) => ({
    cost_usd: value.times(fee_bps).div(BPS).plus(rules.gas_usd),
    least_usd: ZERO,
  });
  return {
    cash,
    value_usd,
    most_gross: ONE,
    purses: new Map([["cash", max(ZERO, cash.amount.times(cash.price_usd).minus(rules.reserve_usd))]]),
    purseOf: () => "cash",
    shortable: () => false,
    reduce: (line, room, whole): Trade<PlannedSwap> | null => {
      const amount = whole ? line.amount : min(line.amount, roundDown(room.div(line.price_usd), line.decimals));
      const intent = swap(line, cash, amount);
      const value = amount.times(line.price_usd);
      return (
        intent && {
          intent,
          value_usd: value,
          money_usd: intent.floor.times(cash.price_usd),
          expected_usd: line.market && amount.times(line.market.sell_usd),
          ...costs(line, value),
        }
      );
    },
    increase: (line, room): Trade<PlannedSwap> | null => {
      const amount = roundDown(room.div(cash.price_usd), cash.decimals);
      const intent = swap(cash, line, amount);
      const value = amount.times(cash.price_usd);
      return (
        intent && {
          intent,
          value_usd: value,
          money_usd: value.neg(),
          expected_usd: line.market && value.times(line.price_usd).div(line.market.buy_usd),
          ...costs(line, value),
        }
      );
    },
    affords: (_line, purse) => purse,
    transfer: null,
  };
}

function worth({ amount, price_usd }: PlanHolding): Decimal {
  return price_usd === null ? ZERO : amount.times(price_usd);
}
