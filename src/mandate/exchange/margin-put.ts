import { type Decimal, max, sum, ZERO } from "../../core/decimal.ts";
import type { ExchangeEffects, ExchangeMove } from "../../protocols/exchange-effects.ts";

/**
 * Margin that a request puts behind positions that are there: by itself, by a lower leverage, or by dollars that come to
 * where a position on cross margin stands. USD, at least 0.
 *
 * @param opening - notional of what the request opens, USD. What orders post is no more, and is not counted.
 */
export function marginPut({ moves, before, after }: ExchangeEffects, opening: Decimal): Decimal {
  const put = sum(moves.flatMap((move) => (addsMargin(move) ? [move.usd] : [])));
  const draws = moves.some((move) => (move.do === "leverage" && move.isolated) || (move.do === "transfer" && move.to === "perp"));
  const drawn = draws ? after.margin_at_risk_usd.minus(before.margin_at_risk_usd).minus(opening) : ZERO;
  return max(put, max(drawn, ZERO));
}

export function addsMargin(move: ExchangeMove): move is Extract<ExchangeMove, { readonly do: "margin" }> {
  return move.do === "margin" && move.usd.isPositive() && !move.usd.isZero();
}
