import { BPS, type Decimal, decimal, max, roundDown, roundUp, ZERO } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import { type AssetId, type Prices, priceIn, splitAssetId } from "../../protocols/effects.ts";
import type { ExchangeMove } from "../../protocols/exchange-effects.ts";
import { dollars } from "../dollars.ts";
import type { Limit, Terms } from "../terms.ts";
import type { Violation } from "../verdict.ts";
import { type ExchangeFacts, largest, type OrderFacts, reachAfter, reachBefore } from "./exchange-facts.ts";
import { marginPut } from "./margin-put.ts";

/** Everything that the rules of an exchange read. */
export interface ExchangeQuestion {
  readonly terms: Terms;
  readonly prices: Prices;
  readonly facts: ExchangeFacts;
  readonly operator: boolean;
  readonly budgets: Pick<Budgets, "margin_staked_usd">;
}

type Rule = (question: ExchangeQuestion) => readonly Violation[];

const HUNDRED = decimal(100);
/** Of the requests that the venue takes from an account, this share is kept for getting home. */
const QUOTA_KEPT = decimal("0.2");
/** And this share of them for a person's. */
const QUOTA_OF_OPERATOR = decimal("0.05");
/** Moves of exits that took nothing away, from which on they are requests like any other. */
const MOST_IDLE = 20;
/** Most moves of one request. */
const MOST_MOVES = 20;

const markets: Rule = ({ terms, facts }) =>
  facts.orders.flatMap(({ order, closes }): Violation[] => {
    const market = marketOf(order.asset);
    // What is held and not wanted any more may leave.
    if (closes || terms.limits.allowed_markets.includes(market)) return [];
    const message = `${market} is not among allowed_markets`;
    return [{ code: "MARKET_NOT_ALLOWED", limit: "allowed_markets", value: market, message }];
  });

const reduceOnly: Rule = ({ facts }) =>
  facts.orders
    .filter(({ opens, closes }) => !opens && !closes)
    .map(({ order }) => {
      const position = facts.effects.markets.find(({ asset }) => asset === order.asset)?.position ?? ZERO;
      const message = `a closing ${order.side} of ${order.size.toFixed()} ${marketOf(order.asset)} against a position of ${position.toFixed()}`;
      return { code: "REDUCE_ONLY_TOO_LARGE" as const, value: order.size.toFixed(), allowed: position.abs().toFixed(), message };
    });

const triggers: Rule = ({ terms, facts }) =>
  facts.orders.flatMap(({ order, kind, slip_usd, opens }): Violation[] => {
    if (!order.trigger) return [];
    if (kind === "spot") {
      // No margin bounds what it sells for: whoever is the book sets it off, however far from the pinned price.
      const message = `a stop on ${marketOf(order.asset)}: in spot its own book sets it off, wherever the oracle stands`;
      return [{ code: "STOP_OPENS", message }];
    }
    if (opens || !order.reduceOnly) {
      return [{ code: "STOP_OPENS", message: `a trigger order on ${marketOf(order.asset)} that could open a position` }];
    }
    const limit = terms.limits.max_exit_cost_bps;
    const bps = slip_usd.times(BPS).div(order.size.times(order.trigger.price));
    if (limit === "unlimited" || bps.lte(limit)) return [];
    const value = roundUp(bps, 2).toFixed();
    const message = `the stop on ${marketOf(order.asset)} may fill ${value} bps beyond its trigger; ${limit.toFixed()} bps is the most`;
    return [{ code: "SLIPPAGE", limit: "max_exit_cost_bps", value, allowed: limit.toFixed(), message }];
  });

const known: Rule = ({ facts, prices }) =>
  [...new Set(facts.orders.map(({ order }) => order.asset))].flatMap((asset): Violation[] => {
    const price = prices[asset];
    if (price && "usd" in price) return [];
    if (!price) return [{ code: "PRICE_UNKNOWN", message: `there is no price for ${asset}` }];
    return [{ code: price.missing, message: price.reason }];
  });

/** Each order apart: a harmless one hides nothing of another's price. */
const slippage: Rule = ({ terms, facts }) => {
  const limit = terms.limits.max_slippage_bps;
  if (facts.atWorst.class === "reduce" || limit === "unlimited") return [];
  return facts.orders.flatMap(({ order, slip_usd, notional_usd }): Violation[] => {
    if (order.trigger || slip_usd.times(BPS).lte(notional_usd.times(limit))) return [];
    const value = roundUp(slip_usd.times(BPS).div(notional_usd), 2).toFixed();
    const message = `${marketOf(order.asset)} may fill ${value} bps worse than the pinned price; ${limit.toFixed()} bps is the most`;
    return [{ code: "SLIPPAGE", limit: "max_slippage_bps", value, allowed: limit.toFixed(), message }];
  });
};

const fees: Rule = ({ terms, facts }) => {
  if (facts.atWorst.class === "reduce") return [];
  return [...new Set(facts.orders.map(({ order, kind }) => `${splitAssetId(order.asset).chain} ${kind}`))].flatMap(
    (one): Violation[] => {
      const [exchange = "", kind = ""] = one.split(" ");
      const limit = terms.book.exchanges[exchange]?.fee_bps[kind as "perp" | "spot"] ?? ZERO;
      const asked = facts.effects.fee_bps[kind as "perp" | "spot"];
      if (asked.lte(limit)) return [];
      const message = `the venue takes ${asked.toFixed()} bps of a ${kind} trade; the book says ${limit.toFixed()} bps at most`;
      return [{ code: "FEE_TOO_HIGH", value: asked.toFixed(), allowed: limit.toFixed(), message }];
    },
  );
};

const position: Rule = ({ terms, facts, prices }) => {
  const limit = terms.limits.max_position_size_usd;
  if (limit === "unlimited") return [];
  return facts.rising.flatMap((market): Violation[] => {
    const usd = priceIn(prices, market.asset)?.usd ?? ZERO;
    const [now, after] = [largest(reachBefore(market)).times(usd), largest(reachAfter(market, facts.orders)).times(usd)];
    if (after.lte(limit) || after.lte(now)) return [];
    const room = max(ZERO, limit.minus(now));
    const value = roundUp(after, 6).toFixed();
    const message = `${marketOf(market.asset)} could be ${dollars(after)} with all that rests; ${dollars(limit)} is the most, ${dollars(room, "down")} can be added`;
    return [
      { code: "POSITION_TOO_LARGE", limit: "max_position_size_usd", value, allowed: roundDown(room, 6).toFixed(), message },
    ];
  });
};

const leverageSetting: Rule = ({ terms, facts }) => {
  const { max_leverage: limit, margin_mode: mode } = terms.limits;
  const set = facts.effects.moves.filter((move) => move.do === "leverage");
  const opened = facts.rising.flatMap(({ asset, kind, leverage }) => (kind === "perp" ? [{ asset, leverage }] : []));
  const asked = set.map(({ asset, leverage, isolated }) => ({ asset, leverage: { value: leverage, isolated } }));
  return [...opened, ...asked].flatMap(({ asset, leverage }): Violation[] => {
    const market = marketOf(asset);
    if (leverage === null)
      return [{ code: "LEVERAGE", limit: "max_leverage", message: `the leverage set on ${market} is not known` }];
    const found: Violation[] = [];
    if (over(limit, leverage.value)) {
      const message = `${market} is set to ${leverage.value.toFixed()} times; ${limit.toFixed()} times is the most: set it first`;
      found.push({ code: "LEVERAGE", limit: "max_leverage", value: leverage.value.toFixed(), allowed: limit.toFixed(), message });
    }
    if (!leverage.isolated && mode === "isolated") {
      const message = `${market} is on cross margin, which puts the whole account at risk: set it to isolated first`;
      found.push({ code: "MARGIN_MODE", limit: "margin_mode", value: "cross", allowed: "isolated", message });
    }
    return found;
  });
};

/** Limits on where the account then stands. They bind whatever can make it worse. */
const standing: Rule = ({ terms, facts }) => {
  const { before, after } = facts.effects;
  const { max_leverage: leverage, max_margin_at_risk_usd: margin, min_liquidation_distance_pct: least } = terms.limits;
  const found: Violation[] = [];
  const worsens = facts.atWorst.class !== "reduce";
  if (worsens && over(leverage, after.leverage) && after.leverage.gt(before.leverage)) {
    const value = roundUp(after.leverage, 4).toFixed();
    const message = `the account would hold ${value} times its value with all that rests; ${leverage.toFixed()} times is the most`;
    found.push({ code: "LEVERAGE", limit: "max_leverage", value, allowed: leverage.toFixed(), message });
  }
  const fed = !marginPut(facts.effects, facts.atWorst.buys_usd).isZero();
  if (worsens && !fed && over(margin, after.margin_at_risk_usd) && after.margin_at_risk_usd.gt(before.margin_at_risk_usd)) {
    found.push(atRisk(margin, after.margin_at_risk_usd, before.margin_at_risk_usd, "could be lost to liquidations"));
  }
  if (worsens && least !== "unlimited") {
    // Each position by itself: one that is near already hides no other that comes nearer.
    const nearer = Object.entries(after.liquidation_distances).filter(
      ([asset, distance]) => distance.lt(least) && distance.lt(before.liquidation_distances[asset as AssetId] ?? HUNDRED),
    );
    for (const [asset, distance] of nearer) {
      const value = roundDown(distance, 4).toFixed();
      const message = `the liquidation of ${marketOf(asset as AssetId)} would be ${value} % away with all that rests; ${least.toFixed()} % is the least`;
      found.push({
        code: "LIQUIDATION_DISTANCE",
        limit: "min_liquidation_distance_pct",
        value,
        allowed: least.toFixed(),
        message,
      });
    }
  }
  return found;
};

/**
 * Whoever is a coin's book makes its funding and sets off its liquidations: positions that are fed again after each loss
 * could lose the whole account. So margin that is put in counts beside all that stood there before, lost since or not.
 */
const marginFed: Rule = ({ terms, facts, budgets }) => {
  const { max_margin_at_risk_usd: limit } = terms.limits;
  const { before, after } = facts.effects;
  const put = marginPut(facts.effects, facts.atWorst.buys_usd);
  if (put.isZero()) return [];
  const stood = max(before.margin_at_risk_usd, budgets.margin_staked_usd ?? ZERO);
  const staked = max(stood.plus(put), after.margin_at_risk_usd);
  if (!over(limit, staked)) return [];
  return [atRisk(limit, staked, stood, "would have been put behind positions, what they lost included")];
};

function atRisk(limit: Decimal, usd: Decimal, before: Decimal, what: string): Violation {
  const value = roundUp(usd, 6).toFixed();
  const room = max(ZERO, limit.minus(before));
  const message = `${dollars(usd)} ${what}; ${dollars(limit)} is the most, ${dollars(room, "down")} can be added`;
  return { code: "MARGIN_AT_RISK", limit: "max_margin_at_risk_usd", value, allowed: roundDown(room, 6).toFixed(), message };
}

const openOrders: Rule = ({ terms, facts }) => {
  const limit = terms.limits.max_open_orders;
  const { before, after } = facts.effects;
  if (!over(limit, decimal(after.open_orders)) || after.open_orders <= before.open_orders) return [];
  const message = `${after.open_orders} orders would rest; ${limit.toFixed()} is the most`;
  const allowed = max(ZERO, limit.minus(before.open_orders)).toFixed();
  return [{ code: "OPEN_ORDERS", limit: "max_open_orders", value: String(after.open_orders), allowed, message }];
};

const switchOff: Rule = ({ terms, facts }) =>
  terms.limits.allow_schedule_cancel || !facts.effects.moves.some(isScheduled)
    ? []
    : [
        {
          code: "SCHEDULE_CANCEL",
          limit: "allow_schedule_cancel",
          message: "a scheduled cancel takes stops away too, and the mandate does not ask for one",
        },
      ];

/** Requests are a budget at the venue: what is left at the end is for getting home. */
const quota: Rule = ({ facts, operator }) => {
  const left = facts.effects.after.quota_left;
  const reduces = facts.atWorst.class === "reduce";
  const idle = reduces && facts.effects.idle_exits >= MOST_IDLE;
  const kept = reduces && !idle ? QUOTA_OF_OPERATOR : QUOTA_KEPT;
  if (operator || left === null || left.gte(kept)) return [];
  const value = roundDown(left.times(HUNDRED), 2).toFixed();
  const message = `${value} % of the venue's request quota is left; the last ${kept.times(HUNDRED).toFixed()} % is kept for ${kept !== QUOTA_KEPT ? "the operator" : idle ? "exits that trade: the last ones took nothing away" : "getting home"}`;
  return [{ code: "REQUEST_RESERVE", value, allowed: kept.times(HUNDRED).toFixed(), message }];
};

/** However safe each of them is: a request is no way to use up what the venue takes. */
const batch: Rule = ({ facts, operator }) => {
  const { length } = facts.effects.moves;
  if (operator || length <= MOST_MOVES) return [];
  const message = `${length} moves in one request; ${MOST_MOVES} is the most`;
  return [{ code: "ACTIONS_PER_PLAN", value: String(length), allowed: String(MOST_MOVES), message }];
};

/** Rules that only an exchange has. Amounts, rates and stops are the same as anywhere. */
export const EXCHANGE_RULES: readonly Rule[] = [
  markets,
  reduceOnly,
  triggers,
  known,
  slippage,
  fees,
  position,
  leverageSetting,
  standing,
  marginFed,
  openOrders,
  switchOff,
  quota,
  batch,
];

function isScheduled(move: ExchangeMove): boolean {
  return move.do === "schedule-cancel" && move.at !== null;
}

function marketOf(asset: OrderFacts["order"]["asset"]): string {
  return splitAssetId(asset).symbol;
}

function over(limit: Limit, value: Decimal): limit is Decimal {
  return limit !== "unlimited" && value.gt(limit);
}
