import { isAbove, sumTimesIsAbove } from "../../core/compare-decimals.ts";
import { atLeast0, type Decimal, isAbove0, ONE, plus, roundDown, roundUp, sum, ZERO } from "../../core/decimal.ts";
import { type AssetId, splitAssetId } from "../../protocols/effects.ts";
import { unitsOut } from "../../protocols/units-out.ts";
import { dollars } from "../dollars.ts";
import { type Exposure, rises } from "../exposures.ts";
import type { Facts } from "../facts.ts";
import type { Limit, Terms, UnitLimits } from "../terms.ts";
import type { Violation } from "../verdict.ts";
import { each, HOLDS, overWith, type Rule, tooMuch } from "./rule.ts";

export const singleTrade: Rule = ({ limits: { max_single_trade_usd: limit } }) => {
  if (limit === "unlimited") return null;
  return ({ budgets: { cycle_buys_usd: bought, cycle_sells_usd: sold }, atWorst: { buys_usd: buys, sells_usd: sells } }) => {
    const buysTooMuch = isAbove0(buys) && overWith(limit, bought, buys);
    const sellsTooMuch = isAbove0(sells) && overWith(limit, sold, sells);
    if (!buysTooMuch && !sellsTooMuch) return HOLDS;
    return [
      ...(buysTooMuch ? [tradeTooLarge(limit, bought, buys, "in one trade")] : []),
      ...(sellsTooMuch ? [tradeTooLarge(limit, sold, sells, "in one trade")] : []),
    ];
  };
};

function tradeTooLarge(limit: Decimal, used: Decimal, wanted: Decimal, what: string): Violation {
  return tooMuch("TRADE_TOO_LARGE", "max_single_trade_usd", limit, used, wanted, what);
}

/** What is allowed is held to the size of a trade, for it may be taken in one. */
export const allowedAtOnce: Rule = (terms) => (facts) =>
  facts.standing.assets.length === 0 ? HOLDS : standingAtOnce(terms, facts);

function standingAtOnce({ limits }: Terms, { budgets, atWorst, standing }: Facts): readonly Violation[] {
  const { before, raised } = standing.usd;
  const limit = limits.max_single_trade_usd;
  const found: Violation[] = [];
  if (isAbove0(raised)) {
    const used = budgets.cycle_buys_usd.plus(atWorst.buys_usd).plus(before).plus(signedAllowances(budgets));
    if (overWith(limit, used, raised)) found.push(tradeTooLarge(limit, used, raised, "allowed until it is used or revoked"));
  }
  for (const [symbol, live] of Object.entries(standing.units)) {
    const most = limits.max_single_trade[symbol];
    const allowed = live.before.plus(live.raised).plus(signedAllowances(budgets, symbol));
    if (most === undefined || live.raised.isZero() || allowed.lte(most)) continue;
    const message = `${allowed.toFixed()} ${symbol} would be allowed; ${most.toFixed()} is the most`;
    found.push({
      code: "TRADE_TOO_LARGE",
      limit: "max_single_trade",
      value: allowed.toFixed(),
      allowed: atLeast0(most.minus(allowed.minus(live.raised))).toFixed(),
      unit: symbol,
      message,
    });
  }
  return found;
}

export const singleTradeUnits: Rule = ({ limits: { max_single_trade } }) => {
  const limits = Object.entries(max_single_trade);
  if (limits.length === 0) return null;
  return (facts) => {
    const given = unitsOut(facts.effects.deltas);
    return each(limits, facts, ([symbol, units], { budgets }) => {
      const wanted = given[symbol];
      if (wanted === undefined) return null;
      const used = budgets.cycle_units?.[symbol] ?? ZERO;
      const total = plus(used, wanted);
      if (total.lte(units)) return null;
      const value = total.toFixed();
      const allowed = atLeast0(units.minus(used)).toFixed();
      const message = `${wanted.toFixed()} ${symbol} in one trade; ${allowed} of ${units.toFixed()} is left in this cycle`;
      return { code: "TRADE_TOO_LARGE", limit: "max_single_trade", value, allowed, unit: symbol, message };
    });
  };
};

export const position: Rule = ({ limits: { max_position_size_usd: limit, max_position_size: limits } }) => {
  if (limit === "unlimited" && Object.keys(limits).length === 0) return null;
  return ({ exposures }) => (exposures.some(rises) ? tooLargePositions(limit, limits, exposures) : HOLDS);
};

function tooLargePositions(limit: Limit, limits: UnitLimits, exposures: readonly Exposure[]): readonly Violation[] {
  let found: Violation[] | null = null;
  for (const exposure of exposures) {
    if (!rises(exposure)) continue;
    const { symbol, most, usd } = exposure;
    // What may still arrive is no value, and would be a position.
    const before = plus(exposure.before, exposure.coming);
    const units = limits[symbol];
    const tooLarge = limit !== "unlimited" && (most === "unbounded" || sumTimesIsAbove(before, most, usd, limit, ONE));
    if (!tooLarge && units === undefined) continue;
    const after = most === "unbounded" ? undefined : plus(before, most);
    found ??= [];
    if (tooLarge) {
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
    if (units !== undefined && (after === undefined || isAbove(after, units))) {
      const room = atLeast0(units.minus(before)).toFixed();
      const message = `${symbol} would be ${after?.toFixed() ?? "without bound"} ${symbol}; ${units.toFixed()} is the most, ${room} can be added`;
      const value = after === undefined ? {} : { value: after.toFixed() };
      found.push({ code: "POSITION_TOO_LARGE", limit: "max_position_size", ...value, allowed: room, unit: symbol, message });
    }
  }
  return found ?? HOLDS;
}

/** Permits that are live and may become allowances: in USD, or of one token in whole tokens. */
export function signedAllowances({ signed }: Facts["budgets"], symbol?: string): Decimal {
  const all = Object.entries(signed?.allows ?? {});
  if (symbol === undefined) return sum(all.map(([, { usd }]) => usd));
  return sum(all.flatMap(([asset, { amount }]) => (splitAssetId(asset as AssetId).symbol === symbol ? [amount] : [])));
}
