import { type Decimal, max, sum, ZERO } from "../../../core/decimal.ts";
import { type AccountId, assetId, type ChainLabel, type Holding } from "../../../protocols/effects.ts";
import type { MarketStanding, Resting } from "../../../protocols/exchange-effects.ts";
import type { OpenOrder } from "../../../protocols/hyperliquid/info-schemas.ts";
import { spotDollars } from "../../../protocols/hyperliquid/spot-dollars.ts";
import type { HeldMarket, HeldView, HyperliquidView, SeenMarket } from "./read-view.ts";

/** Where a market stands before a request. */
export function standingOf(seen: SeenMarket, view: HyperliquidView, label: ChainLabel): MarketStanding {
  const position = positionIn(seen, view);
  return {
    asset: assetId(label, seen.label),
    kind: seen.entry.kind,
    underlying: seen.entry.kind === "spot" ? seen.entry.priced_by : seen.entry.coin,
    position,
    resting: restingIn(seen, view.orders, position),
    leverage: seen.leverage,
  };
}

/** Signed, in coins. */
export function positionIn({ entry, market }: HeldMarket, { perp, spot }: Pick<HeldView, "perp" | "spot">): Decimal {
  if (entry.kind === "perp") {
    return perp.assetPositions.find(({ position }) => position.coin === entry.coin)?.position.szi ?? ZERO;
  }
  if (market?.kind !== "spot") return ZERO;
  const token = market.base.index;
  return spot.balances.find((balance) => balance.token === token)?.total ?? ZERO;
}

/** A stop of the whole position closes all of it, whatever size it says. */
export function restingSize({ isPositionTpsl, sz }: OpenOrder, position: Decimal): Decimal {
  return isPositionTpsl ? max(sz, position.abs()) : sz;
}

function restingIn({ entry }: SeenMarket, orders: readonly OpenOrder[], position: Decimal): Resting {
  const own = orders.filter(({ coin }) => coin === entry.coin);
  const size = (side: "B" | "A", closing: boolean) =>
    sum(
      own
        .filter((order) => order.side === side && (entry.kind === "perp" ? order.reduceOnly : side === "A") === closing)
        .map((order) => restingSize(order, position)),
    );
  return {
    opening_buys: size("B", false),
    opening_sells: size("A", false),
    closing_buys: size("B", true),
    closing_sells: size("A", true),
  };
}

/** Positions in coins, signed, and the account's dollars: perpetuals' equity and what spot has. */
export function holdingsIn(view: HeldView, label: ChainLabel, account: AccountId): readonly Holding[] {
  const cash = spotDollars(view.spot).total;
  return [
    { account, asset: assetId(label, "USDC"), amount: view.perp.marginSummary.accountValue.plus(cash) },
    ...view.markets.map((seen) => ({ account, asset: assetId(label, seen.label), amount: positionIn(seen, view) })),
  ];
}
