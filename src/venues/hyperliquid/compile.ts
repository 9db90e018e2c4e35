import { BPS, type Decimal, ONE, roundDown, ZERO } from "../../core/decimal.ts";
import type { Action, HyperliquidAction } from "../../protocols/effects.ts";
import { type TradingAction, tradingAction, type WireOrder } from "../../protocols/hyperliquid/actions.ts";
import { PriceFormatError, roundPrice } from "../../protocols/hyperliquid/format-price.ts";
import { toWire } from "../../protocols/hyperliquid/wire-decimal.ts";
import { IntentError } from "../venue.ts";
import type { HyperliquidIntent, OrderIntent, ProtectiveIntent } from "./intents.ts";
import { heldIn, type Leg, legsOf, marketOf, pinnedPrice } from "./legs.ts";
import type { HyperliquidObservation, SeenMarket } from "./observation.ts";
import type { HyperliquidScope } from "./scope.ts";

const USD_PLACES = 6;

/**
 * The actions that say an intent, in order, with exactly the keys that the rail signs. What reduces is reduce-only
 * and no larger than the position; an order that turns a position round is two; what opens a perpetual brings the
 * leverage that the mandate wants. Prices are rounded so that a buyer never pays more than was asked, nor a seller gets less.
 *
 * The orders carry no cloid and the request no expiry: the rail sets both, the cloid as a function of the action's key.
 *
 * @throws {IntentError} when no action can say it, and for what opens upon a stale state.
 */
export function compileHyperliquid(
  intent: HyperliquidIntent,
  seen: HyperliquidObservation,
  scope: HyperliquidScope,
): readonly [Action, ...Action[]] {
  if (intent.account !== undefined && intent.account !== scope.account.label) {
    throw new IntentError(
      "UNKNOWN_ACCOUNT",
      `${intent.account} does not trade at ${scope.label}`,
      `It is ${scope.account.label}.`,
    );
  }
  const wrap = (action: HyperliquidAction["action"]): Action => ({
    rail: "hyperliquid",
    from: scope.account.label,
    action: action.type === "usdClassTransfer" ? action : tradingAction.parse(action),
  });
  const all = (...[first, ...rest]: readonly [TradingAction, ...TradingAction[]]) => [wrap(first), ...rest.map(wrap)] as const;
  switch (intent.kind) {
    case "order":
      return all(...compileOrder(intent, seen, scope));
    case "close":
      return all(...compileOrder(closing(intent, seen), seen, scope));
    case "stop":
    case "take_profit":
      return all(order(protective(intent, seen, scope)));
    case "cancel":
      return all(compileCancel(intent, seen));
    case "set_leverage": {
      const market = open(seen, intent.market);
      if (market.pin.kind === "spot")
        throw new IntentError("NO_MARKET", `${intent.market} is spot: it has no leverage`, "Leave it out.");
      return all(leverage(market, intent.leverage, intent.margin));
    }
    case "transfer": {
      if (!scope.transfers)
        throw new IntentError("NO_KEY", "no key here moves dollars between spot and perpetuals", "Move them yourself.");
      if (seen.stale) throw staleError(seen.stale);
      const amount = toWire(roundDown(intent.usd, USD_PLACES));
      if (amount === "0")
        throw new IntentError("AMOUNT_ZERO", "the amount is less than the smallest unit", "Give an amount above 0.");
      return [wrap({ type: "usdClassTransfer", amount, toPerp: intent.to === "perp" })];
    }
  }
}

function compileOrder(
  intent: OrderIntent,
  seen: HyperliquidObservation,
  scope: HyperliquidScope,
): readonly [TradingAction, ...TradingAction[]] {
  const market = marketOf(seen, intent.market);
  if (market.problem && !market.problem.closes) throw noMarket(market, market.problem.reason);
  const legs = legsOf(intent, seen, scope);
  const price = limitPrice(intent, market, scope);
  const say = (leg: Leg) => order(wireOrder(market, leg, price, { limit: { tif: tifOf(intent) } }));
  const actions = legs.flatMap((leg): readonly TradingAction[] => {
    if (leg.reduces) return [say(leg)];
    open(seen, intent.market);
    const set = settingFor(market, seen, scope);
    return set === null ? [say(leg)] : [leverage(market, set, scope.margin), say(leg)];
  });
  const [first, ...rest] = actions;
  if (!first) throw noMarket(market, "nothing of it can be sent");
  return [first, ...rest];
}

/** The leverage to set before an increase; null where it stands right. A position that is there keeps a lower one. */
function settingFor(
  market: SeenMarket,
  seen: HyperliquidObservation,
  { leverage: wanted, margin }: HyperliquidScope,
): number | null {
  if (market.pin.kind === "spot") return null;
  const set = seen.positions.find(({ asset }) => asset === market.asset)?.leverage ?? null;
  if (set && set.mode !== margin) {
    throw noMarket(market, `its position is on ${set.mode} margin, and only closing it lets that change`);
  }
  return set && set.value <= wanted ? null : Math.min(wanted, market.max_leverage);
}

function closing({ market, size }: Extract<HyperliquidIntent, { kind: "close" }>, seen: HyperliquidObservation): OrderIntent {
  const held = heldIn(seen, marketOf(seen, market));
  if (held.size.isZero()) throw new IntentError("NO_POSITION", `nothing of ${market} is held`, "Look at the positions.");
  const side = held.size.isNegative() ? "buy" : "sell";
  return { kind: "order", market, side, size: size ?? held.size.abs(), type: "market", reduce_only: true };
}

/** A stop-limit: set off at its trigger, filled within the slippage of it or not at all. */
function protective(intent: ProtectiveIntent, seen: HyperliquidObservation, scope: HyperliquidScope): WireOrder {
  const market = marketOf(seen, intent.market);
  if (market.pin.kind === "spot") throw noMarket(market, "it is spot, where nothing is set off by a price");
  const { side, size } = closing({ kind: "close", market: intent.market, ...(intent.size && { size: intent.size }) }, seen);
  const price = pinnedPrice(market);
  const below = side === "sell" ? intent.kind === "stop" : intent.kind === "take_profit";
  if (below ? intent.trigger.gte(price) : intent.trigger.lte(price)) {
    const where = below ? "below" : "above";
    throw new IntentError(
      "BAD_PRICE",
      `a ${intent.kind} of this position belongs ${where} the price of ${price.toFixed()}`,
      `Give a trigger ${where} it.`,
    );
  }
  const trigger = onGrid(intent.trigger, market, side);
  const limit = slipped(trigger, market, side, scope);
  const legs = legsOf(
    { kind: "order", market: intent.market, side, size: size ?? ZERO, type: "limit", price: limit, reduce_only: true },
    seen,
    scope,
  );
  const tpsl = intent.kind === "stop" ? "sl" : "tp";
  return wireOrder(market, legs[0], limit, { trigger: { isMarket: false, triggerPx: toWire(trigger), tpsl } });
}

function compileCancel(
  { market: asset, order: id, cloid }: Extract<HyperliquidIntent, { kind: "cancel" }>,
  seen: HyperliquidObservation,
): TradingAction {
  const { pin } = marketOf(seen, asset);
  if (cloid !== undefined) return { type: "cancelByCloid", cancels: [{ asset: pin.asset, cloid }] };
  const ids = id === undefined ? seen.orders.filter((one) => one.asset === asset).map((one) => one.id) : [id];
  if (ids.length === 0) throw new IntentError("NO_ORDER", `no order of ${asset} rests`, "Look at the open orders.");
  return { type: "cancel", cancels: ids.map((o) => ({ a: pin.asset, o })) };
}

function order(one: WireOrder): TradingAction {
  return { type: "order", orders: [one], grouping: "na" };
}

function leverage({ pin }: SeenMarket, value: number, margin: "isolated" | "cross"): TradingAction {
  return { type: "updateLeverage", asset: pin.asset, isCross: margin === "cross", leverage: value };
}

/** Keys in the venue's order: it is part of what is signed. */
function wireOrder({ pin }: SeenMarket, { side, size, reduces }: Leg, price: Decimal, kind: WireOrder["t"]): WireOrder {
  return {
    a: pin.asset,
    b: side === "buy",
    p: toWire(price),
    s: toWire(size),
    // Spot has no such flag; there a sale can only take what is held.
    r: reduces && pin.kind === "perp",
    t: kind,
  };
}

function tifOf({ type, tif }: OrderIntent): "Gtc" | "Ioc" | "Alo" {
  if (type === "market" || tif === "ioc") return "Ioc";
  return tif === "alo" ? "Alo" : "Gtc";
}

function limitPrice({ side, price }: OrderIntent, market: SeenMarket, scope: HyperliquidScope): Decimal {
  return price ? onGrid(price, market, side) : slipped(pinnedPrice(market), market, side, scope);
}

/** As far from a price as the slippage lets it, and no further. */
function slipped(price: Decimal, market: SeenMarket, side: "buy" | "sell", { slippage_bps }: HyperliquidScope): Decimal {
  const slip = slippage_bps.div(BPS);
  return onGrid(price.times(side === "buy" ? ONE.plus(slip) : ONE.minus(slip)), market, side);
}

function onGrid(price: Decimal, { pin, asset }: SeenMarket, side: "buy" | "sell"): Decimal {
  try {
    return roundPrice(price, pin, side === "buy" ? "down" : "up");
  } catch (error) {
    if (!(error instanceof PriceFormatError)) throw error;
    throw new IntentError("BAD_PRICE", `${asset}: ${error.message}`, error.remedy ?? "Give another price.");
  }
}

/** The market of something that may open: it trades, and what was seen of it is fresh. */
function open(seen: HyperliquidObservation, asset: string): SeenMarket {
  const market = marketOf(seen, asset);
  if (market.problem) throw noMarket(market, market.problem.reason);
  if (seen.stale) throw staleError(seen.stale);
  return market;
}

function noMarket({ asset }: SeenMarket, reason: string): IntentError {
  return new IntentError("NO_MARKET", `${asset}: ${reason}`, "Leave it, or trade another market.");
}

function staleError({ reason, age }: { readonly reason: string; readonly age: number }): IntentError {
  return new IntentError(
    "STALE",
    `what was seen is ${Math.round(age / 1_000)} s old (${reason}): nothing is opened upon it`,
    "Reduce, or wait for a fresh look.",
  );
}
