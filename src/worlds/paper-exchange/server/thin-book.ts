import { Decimal, ZERO } from "../../../core/decimal.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { SPOT_ASSETS } from "../../../protocols/hyperliquid/market.ts";
import type { Exchange } from "../engine/exchange.ts";
import { houseAddress } from "../market/paper-market.ts";

/**
 * Lets the market's maker take back what it offers beyond a share of an order's size, so that the order finds only
 * that much of it. The maker quotes anew at the market's next move; other people's orders stay.
 */
export function thinBook(exchange: Exchange, { a, b, s }: WireOrder, share: number): void {
  const coin = coinOf(exchange, a);
  if (coin === null) return;
  const maker = houseAddress(coin, "maker");
  const against = exchange
    .openOrders(maker)
    .filter(({ side }) => (side === "A") === b)
    .sort((x, y) => new Decimal(x.limitPx).cmp(y.limitPx) * (b ? 1 : -1) || x.oid - y.oid);
  let left = new Decimal(s).times(share);
  for (const { oid, limitPx, sz } of against) {
    if (left.gte(sz)) {
      left = left.minus(sz);
      continue;
    }
    const kept = left.toDecimalPlaces(new Decimal(sz).decimalPlaces(), Decimal.ROUND_DOWN);
    left = ZERO;
    exchange.cancel(maker, [{ a, o: oid }]);
    if (kept.isZero()) continue;
    // What is worth too little to be an order stays away: the order then finds a little less.
    exchange.order(maker, [{ a, b: !b, p: limitPx, s: kept.toFixed(), r: false, t: { limit: { tif: "Gtc" } } }]);
  }
}

function coinOf(exchange: Exchange, asset: number): string | null {
  if (asset < SPOT_ASSETS) return exchange.perpMeta().universe[asset]?.name ?? null;
  return exchange.spotMeta().universe.find(({ index }) => index === asset - SPOT_ASSETS)?.name ?? null;
}
