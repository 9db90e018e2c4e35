import { BPS, type Decimal, min, ONE, roundDown } from "../core/decimal.ts";
import type { Mode, Priced, Trade } from "./mode.ts";
import type { OrderLine, OrderRules, Plan, PlannedOrder, PlannedOrderIntent, PurseId } from "./plan.ts";
import { planWeights } from "./plan-weights.ts";
import type { Targets } from "./targets.ts";
import { tradeCost } from "./trade-cost.ts";

type Line = Priced<OrderLine>;

/**
 * Plans by orders in books, long and short, spot and on margin: see {@link planWeights}.
 *
 * Sizes are rounded down to lots. A reduction never asks for more than the position, and is sent as such. What an
 * increase takes from its class is counted at its worst: margin at the price with slippage, the slippage itself
 * and the fee. What a reduction sets free is counted at its worst too.
 *
 * @throws {TargetsError} for targets that do not hold together.
 */
export function planOrders(targets: Targets, lines: readonly OrderLine[], rules: OrderRules): Plan<PlannedOrderIntent> {
  return planWeights(targets, lines, rules, orderMode(rules));
}

function orderMode(rules: OrderRules): Mode<OrderLine, PlannedOrderIntent, PurseId> {
  const slip = rules.slippage_bps.div(BPS);
  const up = ONE.plus(slip);
  const fee = ({ fee_bps }: OrderLine) => fee_bps.div(BPS);
  /** What a dollar of exposure takes from its class when it grows, at most. */
  const takesPerUsd = (line: OrderLine): Decimal =>
    line.class === "spot"
      ? up.times(ONE.plus(fee(line)))
      : up
          .div(line.leverage)
          .plus(slip)
          .plus(up.times(fee(line)));
  const frees = (line: OrderLine, size: Decimal, value: Decimal): Decimal =>
    line.class === "spot"
      ? value.times(ONE.minus(slip)).times(ONE.minus(fee(line)))
      : line.margin_usd
          .times(size)
          .div(line.amount.abs())
          .minus(value.times(slip.plus(up.times(fee(line)))));
  // The venue's minimum at the worst limit price that an order can have, said at the pinned price.
  const least_usd = rules.least_order_usd.div(ONE.minus(slip));

  const trade = (line: Line, side: "buy" | "sell", size: Decimal, reduces: boolean) => {
    const value_usd = size.times(line.price_usd);
    const intent: PlannedOrder = {
      kind: "order",
      account: line.account,
      market: line.asset,
      side,
      size,
      type: "market",
      reduce_only: reduces,
    };
    return {
      intent,
      value_usd,
      cost_usd: tradeCost({ ...line, slippage_bps: rules.slippage_bps, side, size, price: line.price_usd }),
      expected_usd: expected(line, side, size),
      least_usd,
    };
  };

  return {
    cash: rules.numeraire,
    value_usd: rules.value_usd,
    most_gross: rules.most_gross,
    purses: new Map<PurseId, Decimal>([
      ["spot", rules.purses.spot],
      ["perp", rules.purses.perp],
    ]),
    purseOf: (line) => line.class,
    shortable: (line) => line.class === "perp",
    reduce: (line, room, whole): Trade<PlannedOrderIntent> | null => {
      const held = line.amount.abs();
      const size = whole ? held : min(held, roundDown(room.div(line.price_usd), line.decimals));
      if (size.isZero()) return null;
      const made = trade(line, line.amount.isNegative() ? "buy" : "sell", size, true);
      const dust = size.eq(held) && rules.closes_below_least;
      return { ...made, money_usd: frees(line, size, made.value_usd), least_usd: dust ? null : least_usd };
    },
    increase: (line, room, side): Trade<PlannedOrderIntent> | null => {
      const size = roundDown(room.div(line.price_usd), line.decimals);
      if (size.isZero()) return null;
      const made = trade(line, side === "long" ? "buy" : "sell", size, false);
      const money_usd = made.value_usd.times(takesPerUsd(line)).plus(line.top_up_usd).neg();
      return { ...made, money_usd };
    },
    affords: (line, purse) => roundDown(purse.minus(line.top_up_usd).div(takesPerUsd(line)), 18),
    transfer: rules.transfers ? (to, usd) => ({ kind: "transfer", account: rules.numeraire.account, usd, to }) : null,
  };
}

/** What the best price gives for a size, in USD at the pinned price: the same distance counts the same either way. */
function expected(line: Line, side: "buy" | "sell", size: Decimal): Decimal | null {
  if (line.market === null) return null;
  const worse = side === "buy" ? line.market.buy_usd.minus(line.price_usd) : line.price_usd.minus(line.market.sell_usd);
  return size.times(line.price_usd.minus(worse));
}
