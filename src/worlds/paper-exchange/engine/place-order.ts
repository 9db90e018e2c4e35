import { MandateError } from "../../../core/errors.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { abs, divFloor, fixed, RATE_ONE, RATE_PLACES, readFixed, showFixed, USD_PLACES } from "./fixed-point.ts";
import { adding, available, initial, leverageLimit, orderedNotional, standing } from "./margin.ts";
import { type Matched, match } from "./match.ts";
import { endOrder, noteOrder, park, rest, spotNeed, triggersAbove } from "./order-life.ts";
import { isOnGrid } from "./price-grid.ts";
import { type Account, leverageOf, type Market, type Order, type PerpMarket, type State, spotOf } from "./state.ts";
import type { Grouping, OrderState, OrderStatus } from "./types.ts";

/** Something about an order that the venue says no to, and how it names the order afterwards. */
export class RefusedOrder extends MandateError {
  readonly status: OrderState;

  constructor(status: OrderState, words: string) {
    super("PAPER_ORDER_REFUSED", words, { remedy: "Change the order; the message is the venue's own." });
    this.status = status;
  }
}

const ORDERS_AT_LEAST = 1_000;
const ORDERS_AT_MOST = 5_000;
/** USD of volume for which an account may have one more open order. */
const VOLUME_PER_ORDER = 5_000_000n * 10n ** BigInt(USD_PLACES);
const LEAST_NOTIONAL = 10n * 10n ** BigInt(USD_PLACES);

/** Reads an order of the wire against its market; throws what the venue would refuse whatever the book is. */
export function readOrder(state: State, account: Account, wire: WireOrder, grouping: Grouping): Order {
  const market = state.markets.get(wire.a);
  if (market === undefined) throw new RefusedOrder("rejected", "Order has invalid asset.");
  const px = readFixed(wire.p, market.pxPlaces);
  const sz = readFixed(wire.s, market.szDecimals);
  if (sz === null || sz < 0n) throw new RefusedOrder("rejected", "Order has invalid size.");
  if (px === null || px <= 0n || !isOnGrid(px, market.pxPlaces)) throw tick();
  const trigger = "trigger" in wire.t ? { ...wire.t.trigger, px: readFixed(wire.t.trigger.triggerPx, market.pxPlaces) } : null;
  if (trigger !== null && (trigger.px === null || trigger.px <= 0n || !isOnGrid(trigger.px, market.pxPlaces))) throw tick();
  if (trigger !== null && market.kind === "spot") throw new RefusedOrder("rejected", "Trigger orders are not supported on spot.");
  const positionTpsl = grouping === "positionTpsl";
  if (positionTpsl && (trigger === null || !wire.r)) throw new RefusedOrder("badTriggerPxRejected", "Invalid TP/SL price.");
  if (sz === 0n && !positionTpsl) throw new RefusedOrder("rejected", "Order has zero size.");
  return {
    oid: state.nextOid++,
    account,
    market,
    isBuy: wire.b,
    px,
    sz,
    origSz: sz,
    reduceOnly: wire.r && market.kind === "perp",
    tif: "limit" in wire.t ? wire.t.limit.tif : null,
    trigger: trigger === null ? null : { px: trigger.px ?? 0n, isMarket: trigger.isMarket, tpsl: trigger.tpsl },
    cloid: wire.c ?? null,
    time: state.now,
    place: "none",
    positionTpsl,
    siblings: [],
    children: [],
    hold: 0n,
    filled: 0n,
    level: null,
    previous: null,
    next: null,
  };
}

function tick(): RefusedOrder {
  return new RefusedOrder("tickRejected", "Price must be divisible by tick size.");
}

/**
 * Places an order that was read.
 *
 * @throws {RefusedOrder} and then nothing of the order remains; own orders in its way may be gone
 */
export function place(state: State, order: Order): OrderStatus {
  check(state, order);
  if (order.trigger !== null) return wait(state, order);
  const crosses = wouldMatch(order);
  if (order.tif === "Alo" && crosses) {
    const bbo = [order.market.bids.best, order.market.asks.best].map((it) =>
      it === null ? "0" : showFixed(it.px, order.market.pxPlaces),
    );
    throw new RefusedOrder("badAloPxRejected", `Post only order would have immediately matched, bbo was ${bbo.join("@")}.`);
  }
  return execute(state, order);
}

/** Takes from the book and rests what may rest. */
export function execute(state: State, order: Order): OrderStatus {
  const matched = match(state, order);
  const cloid = order.cloid === null ? {} : { cloid: order.cloid };
  const rests = order.tif === "Gtc" || order.tif === "Alo";
  if (order.sz > 0n && rests && matched.stopped === null) {
    rest(state, order);
    noteOrder(state, order, "open");
    return matched.size === 0n ? { resting: { oid: order.oid, ...cloid } } : filledStatus(order, matched);
  }
  if (matched.size === 0n) throw nothingTaken(order, matched);
  endOrder(state, order, order.sz === 0n ? "filled" : remainder(matched), { takenBack: false });
  return filledStatus(order, matched);
}

function remainder({ stopped }: Matched): OrderState {
  return stopped === "margin" ? "marginCanceled" : stopped === "reduce-only" ? "reduceOnlyCanceled" : "canceled";
}

function filledStatus(order: Order, { size, notional }: Matched): OrderStatus {
  const { market } = order;
  const avgPx = showFixed(divFloor(notional * 10n ** BigInt(8 - market.pxPlaces), size), 8);
  const cloid = order.cloid === null ? {} : { cloid: order.cloid };
  return { filled: { totalSz: showFixed(size, market.szDecimals), avgPx, oid: order.oid, ...cloid } };
}

function nothingTaken({ tif, market, trigger }: Order, { stopped }: Matched): RefusedOrder {
  if (stopped === "margin") return market.kind === "spot" ? insufficientSpot() : insufficientMargin();
  if (stopped === "reduce-only") return new RefusedOrder("reduceOnlyRejected", "Reduce only order would increase position.");
  return tif === "FrontendMarket" || trigger !== null
    ? new RefusedOrder("marketOrderNoLiquidityRejected", "No liquidity available for market order.")
    : new RefusedOrder("iocCancelRejected", "Order could not immediately match against any resting orders.");
}

function insufficientMargin(): RefusedOrder {
  return new RefusedOrder("perpMarginRejected", "Insufficient margin to place order.");
}

function insufficientSpot(): RefusedOrder {
  return new RefusedOrder("insufficientSpotBalanceRejected", "Order has insufficient spot balance to trade.");
}

function wouldMatch({ market, isBuy, px }: Order): boolean {
  const best = isBuy ? market.asks.best : market.bids.best;
  return best !== null && (isBuy ? best.px <= px : best.px >= px);
}

/** Parks a trigger order until the mark reaches it. */
function wait(state: State, order: Order): OrderStatus {
  if (order.trigger === null) return "waitingForTrigger";
  const { mark } = order.market;
  if (triggersAbove(order) ? mark >= order.trigger.px : mark <= order.trigger.px) {
    throw new RefusedOrder("badTriggerPxRejected", "Invalid TP/SL price.");
  }
  park(state, order);
  return "waitingForTrigger";
}

/** What every order must satisfy when it is placed. */
function check(state: State, order: Order): void {
  const { account, market } = order;
  const cap = BigInt(ORDERS_AT_LEAST) + account.volume / VOLUME_PER_ORDER;
  const open = BigInt(account.orders.size);
  const special = order.reduceOnly || order.trigger !== null;
  if (open >= BigInt(ORDERS_AT_MOST) || open >= cap || (special && open >= BigInt(ORDERS_AT_LEAST))) {
    throw new RefusedOrder("tooManyOpenOrdersRejected", "Too many open orders.");
  }
  checkReduceOnly(order);
  checkMinimum(state, order);
  if (abs(order.px - market.oracle) * RATE_ONE > fixed(state.switches.oracleBand, RATE_PLACES) * market.oracle) {
    throw new RefusedOrder("oracleRejected", "Order price too far from oracle");
  }
  if (order.trigger !== null || order.reduceOnly) return;
  if (market.kind === "perp") checkPerp(state, order, market);
  else checkSpot(state, order, market);
}

/** Also trims a reduce-only order to the position. */
export function checkReduceOnly(order: Order): void {
  if (!order.reduceOnly || (order.trigger !== null && !order.positionTpsl)) return;
  const szi = order.account.positions.get(order.market.asset)?.szi ?? 0n;
  if (szi === 0n || szi > 0n === order.isBuy) {
    throw new RefusedOrder("reduceOnlyRejected", "Reduce only order would increase position.");
  }
  if (order.positionTpsl || order.sz > abs(szi)) {
    order.sz = abs(szi);
    order.origSz = abs(szi);
  }
}

export function checkMinimum(state: State, order: Order): void {
  const { market } = order;
  const usd = market.kind === "perp" ? order.sz * order.px : (order.sz * order.px) / 100n;
  if (usd >= LEAST_NOTIONAL || order.positionTpsl) return;
  if (order.reduceOnly) {
    const { reduceOnlyMinimum } = state.switches;
    const whole = order.sz >= abs(order.account.positions.get(market.asset)?.szi ?? 0n);
    if (reduceOnlyMinimum === "exempt" || (reduceOnlyMinimum === "whole-close-exempt" && whole)) return;
  }
  const words = market.kind === "perp" ? "Order must have minimum value of $10." : "Order must have minimum value of 10 USDC.";
  throw new RefusedOrder("minTradeNtlRejected", words);
}

function checkPerp(state: State, order: Order, market: PerpMarket): void {
  const { account } = order;
  const szi = account.positions.get(market.asset)?.szi ?? 0n;
  const closes = order.isBuy === szi < 0n ? abs(szi) : 0n;
  const { value } = leverageOf(account, market);
  const exposure = account.exposure.get(market.asset);
  const before = orderedNotional(account, market);
  const [sz, notional] = order.isBuy
    ? [(exposure?.buySz ?? 0n) + order.sz, (exposure?.buyNotional ?? 0n) + order.sz * order.px]
    : [(exposure?.sellSz ?? 0n) + order.sz, (exposure?.sellNotional ?? 0n) + order.sz * order.px];
  const added = adding(sz, notional, closes);
  if (added > 0n && market.cap !== null && market.openInterest * market.mark >= market.cap) {
    throw new RefusedOrder("openInterestIncreaseRejected", "Order would increase open interest while open interest is capped");
  }
  const held = closes > 0n ? 0n : abs(szi * market.mark);
  if (value > leverageLimit(market, held + added)) {
    throw new RefusedOrder(
      "perpMaxPositionRejected",
      "Order would cause position to exceed margin tier limit at current leverage",
    );
  }
  if (added <= before) return;
  const now = standing(state, account);
  const more = initial(added, value) - initial(before, value);
  const released = szi !== 0n && order.sz > closes && closes > 0n ? initial(closes * market.mark, value) : 0n;
  if (available(now) + released < more) throw insufficientMargin();
}

function checkSpot(state: State, order: Order, market: Market): void {
  if (market.kind !== "spot") return;
  const balance = spotOf(order.account, order.isBuy ? market.quote : market.base);
  if (balance.total - balance.hold < spotNeed(state, order, order.sz)) throw insufficientSpot();
}
