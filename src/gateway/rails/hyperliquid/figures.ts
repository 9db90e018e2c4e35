import { type Decimal, decimal, max, min, sum, ZERO } from "../../../core/decimal.ts";
import { splitAssetId } from "../../../protocols/effects.ts";
import {
  type AccountFigures,
  type ExchangeMove,
  type MarketStanding,
  type OrderEffect,
  opens,
} from "../../../protocols/exchange-effects.ts";
import { initialMargin, liquidationPrice, type MarginTier, maintenanceMargin } from "../../../protocols/hyperliquid/margin.ts";
import type { HyperliquidView, SeenMarket } from "./read-view.ts";
import { standingOf } from "./standing.ts";

type Figures = Omit<AccountFigures, "quota_left">;

const HUNDRED = decimal(100);

/** Where the account stands, with what rests filled at its worst. */
export function figuresBefore(view: HyperliquidView, markets: readonly MarketStanding[]): Figures {
  return figures(view, markets, []);
}

/** The same after a request, whatever of it fills. */
export function figuresAfter(view: HyperliquidView, markets: readonly MarketStanding[], moves: readonly ExchangeMove[]): Figures {
  return figures(view, markets, moves);
}

function figures(view: HyperliquidView, markets: readonly MarketStanding[], moves: readonly ExchangeMove[]): Figures {
  const value = accountValue(view, markets);
  const orders = moves.flatMap((move) => (move.do === "order" || move.do === "replace" ? [move.order] : []));
  const perps = markets
    .filter(({ kind }) => kind === "perp")
    .flatMap((market) => {
      const seen = view.markets.find(({ label }) => label === splitAssetId(market.asset).symbol);
      return seen ? [worstOf(market, seen, view, orders, moves)] : [];
    });
  const notional = sum(perps.map((one) => one.notional));
  const cross = perps.some((one) => one.cross && !one.notional.isZero());
  const distances = perps.flatMap(({ distance }) => (distance === null ? [] : [distance]));
  const isolated = sum(perps.filter((one) => !one.cross).map(({ margin }) => margin));
  return {
    value_usd: value,
    leverage: notional.isZero() ? ZERO : value.isPositive() && !value.isZero() ? notional.div(value) : decimal(1_000_000),
    margin_at_risk_usd: cross ? max(isolated, view.perp.marginSummary.accountValue) : isolated,
    liquidation_distance_pct: distances.length === 0 ? null : distances.reduce((least, one) => min(least, one)),
    // A cancel of the same request may come too late, or be of nothing.
    open_orders: view.orders.length + orders.filter(({ rests }) => rests).length,
  };
}

/** Perpetuals at the venue's own word, spot at pinned prices. USDC in the spot class counts too. */
export function accountValue(view: HyperliquidView, markets: readonly MarketStanding[]): Decimal {
  const cash = view.spot.balances.find(({ coin }) => coin === "USDC")?.total ?? ZERO;
  const spot = markets
    .filter(({ kind }) => kind === "spot")
    .map(({ asset, position }) => {
      const price = view.prices[asset];
      return price && "usd" in price ? position.times(price.usd) : ZERO;
    });
  return view.perp.marginSummary.accountValue.plus(cash).plus(sum(spot));
}

/** The same, without anything being asked for. */
export function valueIn(view: HyperliquidView, label: string): Decimal {
  return accountValue(
    view,
    view.markets.map((seen) => standingOf(seen, view, label)),
  );
}

interface Worst {
  /** Of the larger side, USD. */
  readonly notional: Decimal;
  readonly cross: boolean;
  /** What stands behind the position when it is isolated, USD. */
  readonly margin: Decimal;
  /** Percent of the mark. Null: it cannot be liquidated. */
  readonly distance: Decimal | null;
}

type Side = Pick<Worst, "notional" | "distance">;

/** One market with all that may open on one side filled, the worse side. */
function worstOf(
  market: MarketStanding,
  seen: SeenMarket,
  view: HyperliquidView,
  orders: readonly OrderEffect[],
  moves: readonly ExchangeMove[],
): Worst {
  const mark = seen.mark ?? ZERO;
  const own = orders.filter((order) => order.asset === market.asset && opens(order, "perp"));
  const held = view.perp.assetPositions.find(({ position }) => position.coin === seen.entry.coin)?.position;
  const leverage = market.leverage?.value ?? decimal(1);
  const cross = market.leverage?.isolated === false;
  const moved = moves.flatMap((move) => (move.do === "margin" && move.asset === market.asset ? [move.usd] : []));
  // What is put in is at risk whether or not something comes out after it, and what is taken out backs nothing.
  const put = sum(moved.filter((usd) => usd.isPositive()));
  const taken = sum(moved.filter((usd) => usd.isNegative()));
  const sets = moves.some((move) => move.do === "leverage" && move.asset === market.asset);
  const tiers = seen.market?.kind === "perp" ? seen.market.margin_tiers : [];
  const sides = (["buy", "sell"] as const).map((side) => {
    const resting = side === "buy" ? market.resting.opening_buys : market.resting.opening_sells;
    const asked = own.filter((order) => order.side === side);
    const added = resting.plus(sum(asked.map(({ size }) => size)));
    const size = side === "buy" ? market.position.plus(added) : market.position.minus(added);
    // What fills worse than the mark begins with a loss; what fills better began with a market that came to it.
    const slip = sum(
      asked.map((order) => max(ZERO, side === "buy" ? order.price.minus(mark) : mark.minus(order.price)).times(order.size)),
    );
    const grown = max(ZERO, size.abs().minus(market.position.abs()));
    const posted = initialMargin(grown.times(mark), leverage.toNumber());
    const now = held?.marginUsed ?? ZERO;
    // A lower leverage draws in what it then wants of the position; a higher one may give some of it back.
    const wanted = sets ? initialMargin(market.position.times(mark), leverage.toNumber()) : now;
    const margin = max(now, wanted).plus(put);
    const equity = min(now, wanted).plus(taken).plus(posted).minus(slip);
    return { size, notional: size.abs().times(mark), margin, posted, equity, slip };
  });
  const worst = sides.map(({ size, notional, equity, slip }) => ({
    notional,
    distance: distanceOf({
      size,
      mark,
      tiers,
      equity: cross ? crossEquity(view, tiers, held?.positionValue).minus(slip) : equity,
    }),
  }));
  const [one, other] = worst as [Side, Side];
  const backs = sides[0]?.margin ?? ZERO;
  return {
    notional: max(one.notional, other.notional),
    cross,
    // Both sides may fill one after the other, with a liquidation between them.
    margin: backs.plus(sum(sides.map(({ posted }) => posted))),
    distance: one.distance === null ? other.distance : other.distance === null ? one.distance : min(one.distance, other.distance),
  };
}

/** What backs a cross position: the account's value less what every other cross position needs. */
function crossEquity(view: HyperliquidView, tiers: readonly MarginTier[], value: Decimal | undefined): Decimal {
  const own = value === undefined || tiers.length === 0 ? ZERO : maintenanceMargin(value, tiers);
  return view.perp.crossMarginSummary.accountValue.minus(view.perp.crossMaintenanceMarginUsed.minus(own));
}

function distanceOf({
  size,
  mark,
  tiers,
  equity,
}: {
  readonly size: Decimal;
  readonly mark: Decimal;
  readonly tiers: readonly MarginTier[];
  readonly equity: Decimal;
}): Decimal | null {
  if (size.isZero()) return null;
  if (mark.isZero() || tiers.length === 0) return ZERO;
  const at = liquidationPrice({ size, price: mark, equity, tiers });
  if (at === null) return size.isPositive() ? null : ZERO;
  const away = size.isPositive() ? mark.minus(at) : at.minus(mark);
  return max(ZERO, away.times(HUNDRED).div(mark));
}
