import { fixed, RATE_ONE, RATE_PLACES } from "./fixed-point.ts";
import { endOrder, noteOrder, triggersAbove } from "./order-life.ts";
import { checkReduceOnly, execute, RefusedOrder } from "./place-order.ts";
import { toGrid } from "./price-grid.ts";
import type { Market, Order, State } from "./state.ts";

/** Lets go the trigger orders that the mark has reached, oldest first. */
export function fireTriggers(state: State, market: Market): void {
  if (market.triggers.size === 0) return;
  for (const order of [...market.triggers.values()]) {
    if (order.place !== "trigger" || order.trigger === null) continue;
    const { px } = order.trigger;
    if (triggersAbove(order) ? market.mark >= px : market.mark <= px) fire(state, order);
  }
}

function fire(state: State, order: Order): void {
  const { market, trigger } = order;
  market.triggers.delete(order.oid);
  order.account.orders.delete(order.oid);
  order.place = "none";
  noteOrder(state, order, "triggered");
  try {
    checkReduceOnly({ ...order, trigger: null });
    if (order.reduceOnly) fitToPosition(order);
    if (trigger?.isMarket === true) order.px = marketPx(market, order.isBuy, state.switches.triggerSlippage);
    order.tif = trigger?.isMarket === true ? "FrontendMarket" : "Gtc";
    execute(state, order);
  } catch (error) {
    if (!(error instanceof RefusedOrder)) throw error;
    endOrder(state, order, error.status);
  }
}

/** A stop of the position has the position's size; any other at most that. */
function fitToPosition(order: Order): void {
  const szi = order.account.positions.get(order.market.asset)?.szi ?? 0n;
  const size = szi < 0n ? -szi : szi;
  if (order.positionTpsl || order.sz > size) {
    order.sz = size;
    order.origSz = size;
  }
}

/** The furthest price that a market order goes to: a share of the mark away from it, on the grid. */
export function marketPx(market: Market, isBuy: boolean, slippage: string): bigint {
  const share = fixed(slippage, RATE_PLACES);
  const px = (market.mark * (isBuy ? RATE_ONE + share : RATE_ONE - share)) / RATE_ONE;
  return toGrid(px, market.pxPlaces, isBuy ? "down" : "up");
}
