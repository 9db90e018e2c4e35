import { atLeast0, type Decimal, isAbove0, plus, roundDown, roundUp, sum } from "../../core/decimal.ts";
import { type AssetId, splitAssetId } from "../../protocols/effects.ts";
import { dollars } from "../dollars.ts";
import { type Facts, rises } from "../facts.ts";
import type { Violation } from "../verdict.ts";
import { over, type Rule, tooMuch } from "./rule.ts";

export const singleTrade: Rule = ({ terms, budgets, atWorst, effects, standing }) => {
  const limit = terms.limits.max_single_trade_usd;
  const found: Violation[] = [];
  const buys = plus(budgets.cycle_buys_usd, atWorst.buys_usd);
  const sells = plus(budgets.cycle_sells_usd, atWorst.sells_usd);
  const sums = [
    { wanted: atWorst.buys_usd, used: budgets.cycle_buys_usd, total: buys },
    { wanted: atWorst.sells_usd, used: budgets.cycle_sells_usd, total: sells },
  ];
  for (const { wanted, used, total } of sums) {
    if (isAbove0(wanted) && over(limit, total))
      found.push(tooMuch("TRADE_TOO_LARGE", "max_single_trade_usd", limit, used, wanted, "in one trade"));
  }
  const { before, raised } = standing.usd;
  if (isAbove0(raised)) {
    const used = budgets.cycle_buys_usd.plus(atWorst.buys_usd).plus(before).plus(signedAllowances(budgets));
    if (over(limit, used.plus(raised)))
      found.push(tooMuch("TRADE_TOO_LARGE", "max_single_trade_usd", limit, used, raised, "allowed until it is used or revoked"));
  }
  for (const [symbol, live] of Object.entries(standing.units)) {
    const most = terms.limits.max_single_trade[symbol];
    const allowed = live.before.plus(live.raised).plus(signedAllowances(budgets, symbol));
    if (most === undefined || live.raised.isZero() || allowed.lte(most)) continue;
    const message = `${allowed.toFixed()} ${symbol} would be allowed; ${most.toFixed()} is the most`;
    found.push({
      code: "TRADE_TOO_LARGE",
      limit: "max_single_trade",
      value: allowed.toFixed(),
      allowed: most.toFixed(),
      message,
    });
  }
  for (const { asset, least } of effects.deltas) {
    const { symbol } = splitAssetId(asset);
    const units = terms.limits.max_single_trade[symbol];
    if (units === undefined || !least.isNegative() || least.negated().lte(units)) continue;
    const value = least.negated().toFixed();
    const message = `${value} ${symbol} in one trade; ${units.toFixed()} is the most`;
    found.push({ code: "TRADE_TOO_LARGE", limit: "max_single_trade", value, allowed: units.toFixed(), message });
  }
  return found;
};

export const position: Rule = ({ terms, exposures }) =>
  exposures.filter(rises).flatMap(({ symbol, before, most, usd }): Violation[] => {
    const found: Violation[] = [];
    const limit = terms.limits.max_position_size_usd;
    const units = terms.limits.max_position_size[symbol];
    const after = most === "unbounded" ? undefined : before.plus(most);
    if (limit !== "unlimited" && (after === undefined || after.times(usd).gt(limit))) {
      const room = atLeast0(limit.minus(before.times(usd)));
      const size = after === undefined ? "without bound" : dollars(after.times(usd));
      found.push({
        code: "POSITION_TOO_LARGE",
        limit: "max_position_size_usd",
        ...(after === undefined ? {} : { value: roundUp(after.times(usd), 6).toFixed() }),
        allowed: roundDown(room, 6).toFixed(),
        message: `${symbol} would be ${size}; ${dollars(limit)} is the most, ${dollars(room, "down")} can be added`,
      });
    }
    if (units !== undefined && (after === undefined || after.gt(units))) {
      const message = `${symbol} would be ${after?.toFixed() ?? "without bound"} ${symbol}; ${units.toFixed()} is the most`;
      found.push({ code: "POSITION_TOO_LARGE", limit: "max_position_size", allowed: units.toFixed(), message });
    }
    return found;
  });

/** Permits that are live and may become allowances: in USD, or of one token in whole tokens. */
export function signedAllowances({ signed }: Facts["budgets"], symbol?: string): Decimal {
  const all = Object.entries(signed?.allows ?? {});
  if (symbol === undefined) return sum(all.map(([, { usd }]) => usd));
  return sum(all.flatMap(([asset, { amount }]) => (splitAssetId(asset as AssetId).symbol === symbol ? [amount] : [])));
}
