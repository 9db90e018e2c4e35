import { type Decimal, decimal, max, min, sum, ZERO } from "../../../core/decimal.ts";
import { assetId, type ChainLabel } from "../../../protocols/effects.ts";
import type { AccountFigures, ExchangeMove, MarketStanding } from "../../../protocols/exchange-effects.ts";
import { spotDollars } from "../../../protocols/hyperliquid/spot-dollars.ts";
import { liquidationDistances } from "./liquidation-distances.ts";
import { perpCases, strangeCases } from "./perp-cases.ts";
import type { HeldView, HyperliquidView } from "./read-view.ts";
import { positionIn } from "./standing.ts";

type Figures = Omit<AccountFigures, "quota_left">;

/** Where the account stands, with what rests filled at its worst. */
export function figuresBefore(view: HyperliquidView, markets: readonly MarketStanding[]): Figures {
  return figures(view, markets, []);
}

/** The same after a request, whatever of it fills. */
export function figuresAfter(view: HyperliquidView, markets: readonly MarketStanding[], moves: readonly ExchangeMove[]): Figures {
  return figures(view, markets, moves);
}

function figures(view: HyperliquidView, markets: readonly MarketStanding[], moves: readonly ExchangeMove[]): Figures {
  const value = accountValue(view, view.label, view.prices);
  const orders = moves.flatMap((move) => (move.do === "order" || move.do === "replace" ? [move.order] : []));
  const perps = [...perpCases(view, markets, moves), ...strangeCases(view)];
  const notional = sum(perps.map((one) => one.notional));
  const cross = perps.some((one) => one.cross && !one.notional.isZero());
  const told = view.perp.marginSummary.accountValue;
  const isolated = sum(perps.filter((one) => !one.cross).map(({ margin }) => margin));
  // Of a transfer each figure knows what is worse: that it came, or that it went.
  const moved = (to: "perp" | "spot") => sum(moves.map((move) => (move.do === "transfer" && move.to === to ? move.usd : ZERO)));
  const backing = view.perp.crossMarginSummary.accountValue.minus(moved("spot")).minus(view.leaving_usd);
  const distances = liquidationDistances(perps, backing);
  const each = Object.values(distances);
  return {
    value_usd: value,
    leverage: notional.isZero() ? ZERO : value.isPositive() && !value.isZero() ? notional.div(value) : decimal(1_000_000),
    margin_at_risk_usd: cross
      ? max(isolated, max(told, perpsAtPinned(view, view.label, view.prices)).plus(moved("perp")))
      : isolated,
    liquidation_distance_pct: each.length === 0 ? null : each.reduce((least, one) => min(least, one)),
    liquidation_distances: distances,
    // A cancel of the same request may come too late, or be of nothing.
    open_orders: view.orders.length + orders.filter(({ rests }) => rests).length,
  };
}

/**
 * Everything at pinned prices, USDC in the spot class included. The venue's own value goes by marks, which whoever is a thin
 * coin's book can move: what it makes of them is no gain, and holds no stop off.
 */
export function accountValue(view: HeldView, label: ChainLabel, prices: HyperliquidView["prices"]): Decimal {
  const cash = spotDollars(view.spot).total;
  const spot = view.markets
    .filter(({ entry }) => entry.kind === "spot")
    .map((market) => {
      const price = prices[assetId(label, market.label)];
      return price && "usd" in price ? positionIn(market, view).times(price.usd) : ZERO;
    });
  return sum([perpsAtPinned(view, label, prices), cash, ...spot]);
}

/** Of perpetuals, with what they would be worth if every mark stood at its pinned price. */
function perpsAtPinned(view: HeldView, label: ChainLabel, prices: HyperliquidView["prices"]): Decimal {
  const offMarks = view.markets.map((market) => {
    const price = prices[assetId(label, market.label)];
    const held = view.perp.assetPositions.find(
      ({ position }) => market.entry.kind === "perp" && position.coin === market.entry.coin,
    );
    if (!held || !price || !("usd" in price)) return ZERO;
    const { szi, positionValue } = held.position;
    return szi.times(price.usd).minus(szi.isNegative() ? positionValue.negated() : positionValue);
  });
  return sum([view.perp.marginSummary.accountValue, ...offMarks]);
}
