import { BPS, type Decimal, decimal, max, min, sum, ZERO } from "../../core/decimal.ts";
import { type Prices, priceIn } from "../../protocols/effects.ts";
import {
  type ExchangeEffects,
  type ExchangeMove,
  type MarketStanding,
  type OrderEffect,
  opens,
} from "../../protocols/exchange-effects.ts";
import { removesEnough } from "../least-reduction.ts";
import type { Limits } from "../terms.ts";
import type { AtWorst } from "../verdict.ts";
import { addsMargin } from "./margin-put.ts";

/** Dollars that come to a position, or to perpetuals, and are fewer make nothing safer: they only use up what the venue takes. */
const LEAST_BACKING = decimal(10);

/** One order's money, in USD, at pinned prices. */
export interface OrderFacts {
  readonly order: OrderEffect;
  readonly kind: "perp" | "spot";
  /** Size times the worse of the limit and the pinned price. */
  readonly notional_usd: Decimal;
  /** How much worse than the pinned price it may fill, at least 0; a stop is measured from its trigger. */
  readonly slip_usd: Decimal;
  readonly fee_usd: Decimal;
  /** Whether it can make an exposure larger. */
  readonly opens: boolean;
  /** Whether it can only bring the position nearer to nothing, and is no larger than it. */
  readonly closes: boolean;
}

/** What the judge reads of a request at an exchange. */
export interface ExchangeFacts {
  readonly effects: ExchangeEffects;
  readonly orders: readonly OrderFacts[];
  /** Markets whose exposure can be larger than before, whatever fills. */
  readonly rising: readonly MarketStanding[];
  readonly atWorst: AtWorst;
}

/**
 * The money of a request at an exchange. Spend is notional: price times what an order can add, resting or not. Loss is
 * what fills may be worse than the pinned prices, and fees; margin is never the unit.
 */
export function computeExchangeFacts(
  limits: Limits,
  effects: ExchangeEffects,
  prices: Prices,
  { operator = false }: { readonly operator?: boolean } = {},
): ExchangeFacts {
  const orders = effects.moves.flatMap((move) => ordersOf(move)).map((order) => factsOf(order, effects, prices));
  const shape = classify(limits, effects, orders, prices, operator);
  const opening = orders.filter((one) => one.opens);
  const closing = orders.filter((one) => !one.opens);
  const notional = (some: readonly OrderFacts[]) => sum(some.map(({ notional_usd }) => notional_usd));
  const loss = sum(orders.map(({ slip_usd, fee_usd }) => slip_usd.plus(fee_usd)));
  const rising = effects.markets.filter((market) => opening.some(({ order }) => order.asset === market.asset));
  return {
    effects,
    orders,
    rising,
    atWorst: {
      class: shape,
      spend_usd: notional(opening),
      loss_usd: shape === "reduce" ? ZERO : loss,
      exit_loss_usd: shape === "reduce" ? loss : ZERO,
      gas_usd: ZERO,
      exit_gas_usd: ZERO,
      buys_usd: notional(opening),
      sells_usd: notional(closing),
      spend_units: {},
      value_usd: effects.before.value_usd,
    },
  };
}

/** Where a position can go if what rests fills on one side and not on the other, in coins. */
export interface Reach {
  readonly highest: Decimal;
  readonly lowest: Decimal;
}

/** By the orders that can open: what a reduce-only order does is never more than bring it to nothing. */
export function reachBefore({ position, resting }: MarketStanding): Reach {
  return { highest: position.plus(resting.opening_buys), lowest: position.minus(resting.opening_sells) };
}

/** With the orders of the request too. What it cancels is not taken off: it may have filled already. */
export function reachAfter(market: MarketStanding, orders: readonly OrderFacts[]): Reach {
  const { highest, lowest } = reachBefore(market);
  const opened = (side: "buy" | "sell") =>
    sum(
      orders
        .filter((one) => one.opens && one.order.side === side && one.order.asset === market.asset)
        .map(({ order }) => order.size),
    );
  return { highest: highest.plus(opened("buy")), lowest: lowest.minus(opened("sell")) };
}

/** The size of an exposure, whichever way it points. */
export function largest({ highest, lowest }: Reach): Decimal {
  return max(highest.abs(), lowest.abs());
}

function ordersOf(move: ExchangeMove): readonly OrderEffect[] {
  return move.do === "order" || move.do === "replace" ? [move.order] : [];
}

function factsOf(order: OrderEffect, { markets, fee_bps }: ExchangeEffects, prices: Prices): OrderFacts {
  const standing = markets.find(({ asset }) => asset === order.asset);
  const kind = standing?.kind ?? "perp";
  const pinned = priceIn(prices, order.asset)?.usd ?? ZERO;
  const from = measuredFrom(order, kind, pinned);
  const worse = order.side === "buy" ? order.price.minus(from) : from.minus(order.price);
  const notional = order.size.times(max(order.price, pinned));
  const position = standing?.position ?? ZERO;
  const against = order.side === "buy" ? position.isNegative() : position.isPositive() && !position.isZero();
  return {
    order,
    kind,
    notional_usd: notional,
    slip_usd: max(ZERO, worse).times(order.size),
    fee_usd: notional.times(fee_bps[kind]).div(BPS),
    opens: opens(order, kind),
    closes: against && !opens(order, kind) && order.size.lte(position.abs()),
  };
}

/**
 * What a fill is held against. A stop fills when the market is there: what it may then lose is the way from its trigger to
 * its limit. One whose trigger is met already is an order at the market, whatever its trigger says.
 */
function measuredFrom(order: OrderEffect, kind: "perp" | "spot", pinned: Decimal): Decimal {
  const { trigger, side } = order;
  if (!trigger || opens(order, kind)) return pinned;
  const falls = (trigger.kind === "sl") === (side === "sell");
  const met = falls ? pinned.lte(trigger.price) : pinned.gte(trigger.price);
  return met ? pinned : trigger.price;
}

function classify(
  limits: Limits,
  effects: ExchangeEffects,
  orders: readonly OrderFacts[],
  prices: Prices,
  operator: boolean,
): AtWorst["class"] {
  const { moves, markets } = effects;
  if (orders.some((one) => one.opens) || moves.some(loosens)) return "spend";
  if (moves.some((move) => addsMargin(move) && !defends(move, markets))) return "trade";
  // Dollars that leave perpetuals make nothing safer; those that come do, where positions share them, and where they are some.
  if (moves.some((move) => move.do === "transfer" && !(move.to === "perp" && backs(move.usd, markets)))) return "trade";
  // What makes nothing safer has no way past a limit: it only uses up the venue's patience.
  if (moves.some((move) => move.do === "leverage" || move.do === "schedule-cancel")) return "trade";
  const [enough, cheap] = [
    orders.every((facts) => operator || isSome(limits, facts, markets, prices)),
    orders.every((facts) => isCheap(limits, facts)),
  ];
  return enough && cheap && staysHedged(limits, effects, orders, prices, operator) ? "reduce" : "trade";
}

/** Whether it takes away what protects: a stop, margin, or everything that rests at a set time. */
function loosens(move: ExchangeMove): boolean {
  if (move.do === "cancel" || move.do === "replace") return move.protective;
  if (move.do === "margin") return move.usd.isNegative();
  return move.do === "schedule-cancel" && move.at !== null;
}

/** Whether margin goes to a position that has its own, and is some. */
function defends({ asset, usd }: Extract<ExchangeMove, { readonly do: "margin" }>, markets: readonly MarketStanding[]): boolean {
  return usd.gte(LEAST_BACKING) && markets.some((market) => market.asset === asset && !market.position.isZero());
}

/** Whether dollars that come to perpetuals stand behind a position. */
function backs(usd: Decimal, markets: readonly MarketStanding[]): boolean {
  return usd.gte(LEAST_BACKING) && markets.some(({ leverage, position }) => leverage?.isolated === false && !position.isZero());
}

/** Whether it takes so much away that closing it is worth the venue's patience. */
function isSome(limits: Limits, { order }: OrderFacts, markets: readonly MarketStanding[], prices: Prices): boolean {
  const position = (markets.find(({ asset }) => asset === order.asset)?.position ?? ZERO).abs();
  return removesEnough(limits, order.size, position, priceIn(prices, order.asset)?.usd ?? ZERO);
}

function isCheap({ max_exit_cost_bps: most }: Limits, { slip_usd, fee_usd, notional_usd }: OrderFacts): boolean {
  return most === "unlimited" || slip_usd.plus(fee_usd).times(BPS).lte(notional_usd.times(most));
}

/**
 * Closing one leg of a hedge is no way to safety beyond what may be unhedged, whatever rests and whichever of it fills.
 * A person's way home may not wait for stops that already rest: it may leave bare what they could.
 */
function staysHedged(
  limits: Limits,
  { markets }: ExchangeEffects,
  orders: readonly OrderFacts[],
  prices: Prices,
  operator: boolean,
): boolean {
  const most = limits.max_unhedged_usd;
  if (most === "unlimited") return true;
  return [...new Set(markets.map(({ underlying }) => underlying))].every((underlying) => {
    const own = markets.filter((market) => market.underlying === underlying);
    const usd = (coins: Decimal, { asset }: MarketStanding) => coins.times(priceIn(prices, asset)?.usd ?? ZERO);
    const net = sum(own.map((market) => usd(market.position, market)));
    const bare = (side: "buy" | "sell", asked: readonly OrderFacts[]) => {
      const closed = sum(own.map((market) => usd(closingSize(market, asked, side), market)));
      return (side === "buy" ? net.plus(closed) : net.minus(closed)).abs();
    };
    return (["buy", "sell"] as const).every((side) =>
      bare(side, orders).lte(max(net.abs(), most, operator ? bare(side, []) : ZERO)),
    );
  });
}

/** What reduce-only orders on one side can close: never more than the position. */
function closingSize({ asset, position, resting }: MarketStanding, orders: readonly OrderFacts[], side: "buy" | "sell"): Decimal {
  const asked = orders.filter(({ order, closes }) => closes && order.side === side && order.asset === asset);
  const rest = side === "buy" ? resting.closing_buys : resting.closing_sells;
  return min(position.abs(), rest.plus(sum(asked.map(({ order }) => order.size))));
}
