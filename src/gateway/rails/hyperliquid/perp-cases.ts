import { BPS, type Decimal, decimal, max, min, sum, ZERO } from "../../../core/decimal.ts";
import { type AssetId, assetId, splitAssetId } from "../../../protocols/effects.ts";
import { type ExchangeMove, type MarketStanding, type OrderEffect, opens } from "../../../protocols/exchange-effects.ts";
import type { OpenOrder } from "../../../protocols/hyperliquid/info-schemas.ts";
import { flatTiers, initialMargin, type MarginTier } from "../../../protocols/hyperliquid/margin.ts";
import type { HyperliquidView, SeenMarket } from "./read-view.ts";
import { restingSize } from "./standing.ts";

/** A position as it may come to stand. */
export interface PerpCase {
  /** Signed, in coins. */
  readonly size: Decimal;
  /** What backs it at the mark while it is isolated, USD. */
  readonly equity: Decimal;
  /** Margin that goes from the account to the position on the way, USD, at least 0. */
  readonly drawn: Decimal;
  /** What fills on the way may cost the account: prices worse than the mark, and fees, USD. */
  readonly cost: Decimal;
}

/** One perpetual market: every way in which what rests and what is asked for can fill. */
export interface PerpCases {
  readonly asset: AssetId;
  readonly cross: boolean;
  readonly mark: Decimal;
  readonly tiers: readonly MarginTier[];
  /** Nothing filled, all that can buy, all that can sell. */
  readonly cases: readonly PerpCase[];
  /** Of the largest case, at the mark or at the oracle, whichever is more, USD. */
  readonly notional: Decimal;
  /** What stands behind the position when it is isolated, at the mark or at the oracle, whichever is more, USD. */
  readonly margin: Decimal;
  /** What closing orders may cost the account when they fill, USD. */
  readonly closing: Decimal;
}

/** An order that may fill: what of it is left, and at what price at worst. */
interface Filling {
  readonly side: "buy" | "sell";
  readonly size: Decimal;
  /** How much worse than the market of that moment it may fill, in USD for a coin. */
  readonly slip: Decimal;
  /** Its limit, USD for a coin. */
  readonly price: Decimal;
}

/** Of every perpetual market: what it can come to, with what rests and with what a request asks for. */
export function perpCases(
  view: HyperliquidView,
  markets: readonly MarketStanding[],
  moves: readonly ExchangeMove[],
): readonly PerpCases[] {
  const orders = moves.flatMap((move) => (move.do === "order" || move.do === "replace" ? [move.order] : []));
  return markets
    .filter(({ kind }) => kind === "perp")
    .flatMap((market) => {
      const seen = view.markets.find(({ label }) => label === splitAssetId(market.asset).symbol);
      const own = orders.filter(({ asset }) => asset === market.asset);
      return seen ? [casesOf(market, seen, view, own, moves)] : [];
    });
}

/** Positions in markets that the book does not have: nothing is asked of them, and what stands behind them is at risk too. */
export function strangeCases({ perp, markets, label }: HyperliquidView): readonly PerpCases[] {
  return perp.assetPositions.flatMap(({ position: { coin, szi, leverage, positionValue, maxLeverage, marginUsed } }) => {
    const known = markets.some(({ entry }) => entry.kind === "perp" && entry.coin === coin);
    if (known || szi.isZero()) return [];
    const margin = leverage.type === "cross" ? ZERO : marginUsed;
    return [
      {
        asset: assetId(label, `${coin}:perp`),
        cross: leverage.type === "cross",
        mark: positionValue.div(szi.abs()),
        tiers: flatTiers(maxLeverage),
        cases: [{ size: szi, equity: margin, drawn: ZERO, cost: ZERO }],
        notional: positionValue,
        margin,
        closing: ZERO,
      },
    ];
  });
}

function casesOf(
  market: MarketStanding,
  seen: SeenMarket,
  view: HyperliquidView,
  orders: readonly OrderEffect[],
  moves: readonly ExchangeMove[],
): PerpCases {
  const { asset, position } = market;
  const mark = seen.mark ?? ZERO;
  const held = view.perp.assetPositions.find((one) => one.position.coin === seen.entry.coin)?.position;
  const leverage = (market.leverage?.value ?? decimal(1)).toNumber();
  const moved = moves.flatMap((move) => (move.do === "margin" && move.asset === asset ? [move.usd] : []));
  // What is put in is at risk whether or not something comes out after it, and what is taken out backs nothing.
  const put = sum(moved.filter((usd) => usd.isPositive()));
  const taken = sum(moved.filter((usd) => usd.isNegative()));
  const sets = moves.some((move) => move.do === "leverage" && move.asset === asset);
  const now = held?.marginUsed ?? ZERO;
  // What a mark that stands off the oracle hides stands behind the position again once it comes back.
  const price = view.prices[asset];
  const pinned = price && "usd" in price ? price.usd : mark;
  const hidden = max(ZERO, position.times(pinned.minus(mark)));
  // A lower leverage draws in what it then wants of the position; a higher one may give some of it back.
  const wanted = sets ? initialMargin(position.times(mark), leverage) : now;
  const base = min(now, wanted).plus(taken);
  const before = max(ZERO, wanted.minus(now)).plus(put);
  const resting = view.orders.filter(({ coin }) => coin === seen.entry.coin);
  const fill = (side: "buy" | "sell"): PerpCase & { readonly grown: Decimal } => {
    const fillings = [
      ...resting.filter(({ reduceOnly }) => !reduceOnly).map((order) => restingFill(order, mark)),
      ...orders.filter((order) => opens(order, "perp")).map((order) => askedFill(order, mark)),
    ].filter((one) => one.side === side);
    const added = sum(fillings.map(({ size }) => size));
    const size = side === "buy" ? position.plus(added) : position.minus(added);
    const along = position.isZero() || position.isNegative() === (side === "sell");
    const flips = !along && added.gt(position.abs());
    const posted = initialMargin((along ? added : flips ? size : ZERO).times(mark), leverage);
    const slip = sum(fillings.map((one) => one.slip.times(one.size)));
    const cost = slip.plus(feesOf(fillings, mark, view));
    const kept = along ? base : flips || position.isZero() ? ZERO : base.times(size.abs()).div(position.abs());
    // What fills above the mark wants more margin than the same at the mark.
    const dearest = fillings.reduce((most, { price }) => max(most, price), mark);
    const drawn = before.plus(initialMargin((along ? added : flips ? size : ZERO).times(dearest), leverage));
    const grown = initialMargin(max(ZERO, size.abs().minus(position.abs())).times(dearest), leverage);
    return { size, equity: kept.plus(posted).minus(cost), drawn, cost, grown };
  };
  const [bought, sold] = [fill("buy"), fill("sell")];
  const cases = [{ size: position, equity: base, drawn: before, cost: ZERO }, bought, sold];
  const closing = [
    ...resting
      .filter(({ reduceOnly }) => reduceOnly)
      .map((order) => ({ ...restingFill(order, mark), size: restingSize(order, max(bought.size.abs(), sold.size.abs())) })),
    ...orders.filter((order) => !opens(order, "perp")).map((order) => askedFill(order, mark)),
  ];
  return {
    asset,
    cross: market.leverage?.isolated === false,
    mark,
    tiers: seen.market?.kind === "perp" ? seen.market.margin_tiers : [],
    cases,
    notional: max(bought.size.abs(), sold.size.abs()).times(max(mark, pinned)),
    // Both sides may fill one after the other, with a liquidation between them.
    margin: max(now, wanted)
      .plus(hidden)
      .plus(put)
      .plus(sum([bought, sold].map(({ grown }) => grown))),
    closing: sum(closing.map((one) => one.slip.times(one.size))).plus(feesOf(closing, mark, view)),
  };
}

/** What rests fills when the market is at its limit; a stop when it is at its trigger, and as far beyond as its limit. */
function restingFill({ side, sz, limitPx, isTrigger, triggerPx }: OpenOrder, mark: Decimal): Filling {
  const buys = side === "B";
  const from = isTrigger ? triggerPx : mark;
  return {
    side: buys ? "buy" : "sell",
    size: sz,
    slip: max(ZERO, buys ? limitPx.minus(from) : from.minus(limitPx)),
    price: limitPx,
  };
}

/** What fills worse than the mark begins with a loss; what fills better began with a market that came to it. */
function askedFill({ side, size, price, trigger }: OrderEffect, mark: Decimal): Filling {
  const worst = (from: Decimal) => max(ZERO, side === "buy" ? price.minus(from) : from.minus(price));
  return { side, size, price, slip: trigger ? max(worst(mark), worst(trigger.price)) : worst(mark) };
}

function feesOf(fillings: readonly Filling[], mark: Decimal, { fee_bps }: HyperliquidView): Decimal {
  const notional = sum(fillings.map(({ size, price }) => size.times(max(price, mark))));
  return notional.times(fee_bps.perp).div(BPS);
}
