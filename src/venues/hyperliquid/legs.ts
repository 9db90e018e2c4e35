import { BPS, type Decimal, min, ONE, ZERO } from "../../core/decimal.ts";
import { sizeOrder } from "../../planning/size-order.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import { LEAST_NOTIONAL } from "../../protocols/hyperliquid/market.ts";
import { IntentError } from "../venue.ts";
import type { OrderIntent } from "./intents.ts";
import type { HyperliquidObservation, SeenMarket } from "./observation.ts";
import type { HyperliquidScope } from "./scope.ts";

/** One order as it will be sent: a part that reduces, or one that opens. */
export interface Leg {
  readonly side: "buy" | "sell";
  /** Whole lots. */
  readonly size: Decimal;
  readonly reduces: boolean;
}

/** The market of an intent, as it was seen. */
export function marketOf(seen: HyperliquidObservation, asset: string): SeenMarket {
  const market = seen.markets.find((one) => one.asset === asset);
  if (market) return market;
  throw new IntentError(
    "UNKNOWN_ASSET",
    `${asset} is no market of the mandate`,
    `It has ${seen.markets.map((one) => splitAssetId(one.asset).symbol).join(", ")}.`,
  );
}

/** The price by which sizes and limits are made: the oracle's, never the book's. */
export function pinnedPrice({ asset, price_usd }: SeenMarket): Decimal {
  if (price_usd) return price_usd;
  throw new IntentError("NO_PRICE", `${asset} has no oracle price`, "Wait until it has one.");
}

/** What is held in a market, signed, and what of it no resting order holds back. */
export function heldIn(
  seen: HyperliquidObservation,
  { asset }: SeenMarket,
): { readonly size: Decimal; readonly available: Decimal } {
  return seen.positions.find((one) => one.asset === asset) ?? { size: ZERO, available: ZERO };
}

/**
 * An order split by what it does to the position: first what brings it nearer to nothing, never more than is there,
 * then what opens, unless it must not.
 *
 * @throws {IntentError} where nothing of it can be sent.
 */
export function legsOf(intent: OrderIntent, seen: HyperliquidObservation, scope: HyperliquidScope): readonly [Leg, ...Leg[]] {
  const market = marketOf(seen, intent.market);
  const { side } = intent;
  const wanted = coinsOf(intent, seen, market);
  const held = heldIn(seen, market);
  const against = side === "buy" ? held.size.isNegative() : held.size.gt(ZERO);
  const there = against ? min(held.size.abs(), held.available.abs()) : ZERO;
  const opens = !intent.reduce_only && (market.pin.kind === "perp" || side === "buy");
  if (there.isZero() && !opens) {
    throw new IntentError(
      "NO_POSITION",
      `there is nothing of ${intent.market} that a ${side} could reduce`,
      "Look at the positions.",
    );
  }
  const price = worstPrice(intent, market, scope);
  const shape = { price, decimals: market.pin.sz_decimals, least_usd: LEAST_NOTIONAL };
  const { closes_below_least } = scope;
  const legs: Leg[] = [];
  if (!there.isZero()) {
    const sized = sizeOrder({ ...shape, size: min(wanted, there), reduces: there, closes_below_least });
    if (sized.size === null)
      throw new IntentError("TOO_SMALL", `${intent.market}: ${sized.reason}`, "Reduce more, or close it whole.");
    legs.push({ side, size: sized.size, reduces: true });
  }
  const rest = wanted.minus(there);
  if (opens && rest.gt(ZERO)) {
    const sized = sizeOrder({ ...shape, size: rest, reduces: null, closes_below_least });
    if (sized.size === null && legs.length === 0)
      throw new IntentError("TOO_SMALL", `${intent.market}: ${sized.reason}`, "Trade more of it.");
    // What is left over after a position is closed and is no order of its own stays away: nobody asked for a minimum.
    const own = legs.length === 0 || rest.times(price).gte(LEAST_NOTIONAL);
    if (sized.size !== null && own) legs.push({ side, size: sized.size, reduces: false });
  }
  const [first, ...others] = legs;
  if (!first) throw new IntentError("TOO_SMALL", `${intent.market}: less than a lot`, "Trade more of it.");
  return [first, ...others];
}

/** The price that a size's minimum is measured at: the worst for it of limit and pinned price. */
function worstPrice(intent: OrderIntent, market: SeenMarket, scope: HyperliquidScope): Decimal {
  const price = pinnedPrice(market);
  if (intent.price) return min(price, intent.price);
  return intent.side === "buy" ? price : price.times(ONE.minus(scope.slippage_bps.div(BPS)));
}

function coinsOf(intent: OrderIntent, seen: HyperliquidObservation, market: SeenMarket): Decimal {
  if (intent.size) return intent.size;
  const price = intent.price ?? pinnedPrice(market);
  if (intent.usd) return intent.usd.div(price);
  if (seen.value_usd === null)
    throw new IntentError("NO_PRICE", "the portfolio has no value now, so a share of it is no amount", "Give a size.");
  return (intent.share ?? ZERO).times(seen.value_usd).div(price);
}
