import { feeOn, feeRates } from "./apply-fill.ts";
import { divCeil, least, most, showFixed } from "./fixed-point.ts";
import { type Account, type Exposure, emit, type Order, type State, spotOf } from "./state.ts";
import type { OrderState, WireOpenOrder } from "./types.ts";

/** How many orders that are over an account's history keeps. */
const CLOSED_KEPT = 10_000;

export function wireOpenOrder(order: Order): WireOpenOrder {
  const { market, trigger } = order;
  const px = (value: bigint) => showFixed(value, market.pxPlaces);
  const above = trigger !== null && triggersAbove(order);
  return {
    coin: market.coin,
    side: order.isBuy ? "B" : "A",
    limitPx: px(order.px),
    sz: showFixed(order.sz, market.szDecimals),
    oid: order.oid,
    timestamp: order.time,
    triggerCondition: trigger === null ? "N/A" : `Price ${above ? "above" : "below"} ${px(trigger.px)}`,
    isTrigger: trigger !== null,
    triggerPx: trigger === null ? "0.0" : px(trigger.px),
    children: order.children.flatMap((oid) => {
      const child = order.account.orders.get(oid);
      return child?.place === "parent" ? [wireOpenOrder(child)] : [];
    }),
    isPositionTpsl: order.positionTpsl,
    reduceOnly: order.reduceOnly,
    orderType: orderType(order),
    origSz: showFixed(order.origSz, market.szDecimals),
    tif: order.tif,
    cloid: order.cloid,
  };
}

function orderType({ trigger, tif }: Order): string {
  if (trigger === null) return tif === "FrontendMarket" || tif === "LiquidationMarket" ? "Market" : "Limit";
  return `${trigger.tpsl === "tp" ? "Take Profit" : "Stop"} ${trigger.isMarket ? "Market" : "Limit"}`;
}

/** Stops of buyers and profits of sellers wait for the mark to rise; the others for it to fall. */
export function triggersAbove({ isBuy, trigger }: Pick<Order, "isBuy" | "trigger">): boolean {
  return isBuy === (trigger?.tpsl === "sl");
}

/** Tells the world what an order is now, and keeps it in the account's history when it is over. */
export function noteOrder(state: State, order: Order, status: OrderState): void {
  const { account } = order;
  if (account.kind === "house") return;
  const update = { order: wireOpenOrder(order), status, statusTimestamp: state.now };
  if (status !== "open" && status !== "triggered") {
    account.closed.set(order.oid, update);
    if (account.closed.size > CLOSED_KEPT) forgetOldest(account);
  }
  // A refused order does not take the name of one that was placed: asking by it must find what is really there.
  const refused = status === "rejected" || status.endsWith("Rejected");
  if (order.cloid !== null && !(refused && account.byCloid.has(order.cloid))) account.byCloid.set(order.cloid, order.oid);
  emit(state, { kind: "order", account: account.address, update });
}

function forgetOldest(account: Account): void {
  for (const [oid, { order }] of account.closed) {
    account.closed.delete(oid);
    if (order.cloid !== null && account.byCloid.get(order.cloid) === oid) account.byCloid.delete(order.cloid);
    return;
  }
}

/** Puts what is left of an order into its book, with what it keeps. */
export function rest(state: State, order: Order, behind: Order | null = null): void {
  const side = order.isBuy ? order.market.bids : order.market.asks;
  if (behind === null) side.add(order);
  else side.replace(behind, order);
  order.place = "book";
  order.market.changed = true;
  order.account.orders.set(order.oid, order);
  if (order.market.kind === "spot") {
    order.hold = spotNeed(state, order, order.sz);
    heldBalance(order).hold += order.hold;
  } else addExposure(order, order.sz);
}

/** Wei that a spot order of this size pays at most. */
export function spotNeed(state: State, order: Order, sz: bigint): bigint {
  const { market, account } = order;
  if (market.kind !== "spot") return 0n;
  if (!order.isBuy) return sz * market.baseUnit;
  const notional = sz * order.px;
  return state.switches.spotBuyFee === "base"
    ? notional
    : notional + feeOn(notional, most(0n, feeRates(state, account).spotTaker));
}

function heldBalance({ account, market, isBuy }: Order) {
  return spotOf(account, market.kind === "spot" && !isBuy ? market.base : 0);
}

function addExposure({ account, market, isBuy, px, reduceOnly }: Order, sz: bigint): void {
  if (reduceOnly) return;
  const known = account.exposure.get(market.asset);
  const exposure: Exposure = known ?? { buySz: 0n, buyNotional: 0n, sellSz: 0n, sellNotional: 0n };
  if (isBuy) {
    exposure.buySz += sz;
    exposure.buyNotional += sz * px;
  } else {
    exposure.sellSz += sz;
    exposure.sellNotional += sz * px;
  }
  if (known === undefined) account.exposure.set(market.asset, exposure);
  if (exposure.buySz === 0n && exposure.sellSz === 0n) account.exposure.delete(market.asset);
}

/** Takes a filled size off a resting order. */
export function shrinkResting(order: Order, by: bigint): void {
  const side = order.isBuy ? order.market.bids : order.market.asks;
  if (order.market.kind === "spot") {
    const released = by === order.sz ? order.hold : order.hold - divCeil(order.hold * (order.sz - by), order.sz);
    heldBalance(order).hold -= released;
    order.hold -= released;
  } else addExposure(order, -by);
  side.shrink(order, by);
}

/** Takes an order out of wherever it is. */
export function withdrawOrder(order: Order): void {
  const { market, account } = order;
  if (order.place === "book") {
    if (order.sz > 0n) {
      const { sz } = order;
      if (market.kind === "spot") {
        heldBalance(order).hold -= order.hold;
        order.hold = 0n;
      } else addExposure(order, -sz);
    }
    (order.isBuy ? market.bids : market.asks).remove(order);
    market.changed = true;
  }
  if (order.place === "trigger") market.triggers.delete(order.oid);
  account.orders.delete(order.oid);
  order.place = "none";
}

/**
 * Ends an order. Children that wait for it begin to wait for their price, with the size that was filled; where nothing
 * was, or where its owner took it back, they end with it.
 */
export function endOrder(state: State, order: Order, status: OrderState, { takenBack = status === "canceled" } = {}): void {
  withdrawOrder(order);
  noteOrder(state, order, status);
  for (const oid of order.children) {
    const child = order.account.orders.get(oid);
    if (child?.place !== "parent") continue;
    if (takenBack || order.filled === 0n) {
      endOrder(state, child, status === "filled" ? "canceled" : status);
      continue;
    }
    child.sz = least(child.sz, order.filled);
    child.origSz = child.sz;
    park(state, child);
  }
}

/** Lets a trigger order wait for the mark. */
export function park(state: State, order: Order): void {
  order.place = "trigger";
  order.market.triggers.set(order.oid, order);
  order.account.orders.set(order.oid, order);
  noteOrder(state, order, "open");
}

/** Puts a smaller order of the same price where an old one is in the queue. */
export function takePlace(state: State, old: Order, order: Order): void {
  if (order.market.kind === "spot") heldBalance(old).hold -= old.hold;
  else addExposure(old, -old.sz);
  rest(state, order, old);
  old.account.orders.delete(old.oid);
  old.place = "none";
  noteOrder(state, old, "canceled");
  noteOrder(state, order, "open");
}

/** Cancels the reduce-only orders that no longer reduce. */
export function endOrphans(state: State, account: Account, asset: number): void {
  if (account.kind === "house" || account.orders.size === 0) return;
  const szi = account.positions.get(asset)?.szi ?? 0n;
  for (const order of [...account.orders.values()]) {
    if (order.market.asset !== asset || !order.reduceOnly || order.place === "parent") continue;
    if (order.place === "trigger" && !order.positionTpsl) continue;
    if (szi === 0n || szi > 0n === order.isBuy) endOrder(state, order, "reduceOnlyCanceled");
  }
}
