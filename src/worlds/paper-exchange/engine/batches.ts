import type { Hex } from "../../../core/hex.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { endOrder, noteOrder, takePlace } from "./order-life.ts";
import { checkMinimum, checkReduceOnly, place, RefusedOrder, readOrder } from "./place-order.ts";
import type { Account, Order, State } from "./state.ts";
import type { CancelStatus, Grouping, Modify, OrderStatus } from "./types.ts";

const NOT_THERE = "Order was never placed, already canceled, or filled.";
const NOT_TO_MODIFY = "Cannot modify canceled or filled order";

/** Places a batch; each order's status at its place. */
export function placeBatch(
  state: State,
  account: Account,
  orders: readonly WireOrder[],
  grouping: Grouping,
): readonly OrderStatus[] {
  if (grouping === "normalTpsl") return placeWithChildren(state, account, orders);
  const placed: Order[] = [];
  const statuses = orders.map((wire) =>
    attempt(state, account, wire, grouping, (order) => {
      const status = place(state, order);
      placed.push(order);
      return status;
    }),
  );
  if (grouping === "positionTpsl") makeSiblings(placed);
  return statuses;
}

/** The first order is the parent; its stops and profits begin to wait for their price when it has filled. */
function placeWithChildren(state: State, account: Account, orders: readonly WireOrder[]): readonly OrderStatus[] {
  const [first, ...rest] = orders;
  if (first === undefined) return [];
  const children: Order[] = [];
  const childStatuses = rest.map((wire) =>
    attempt(state, account, wire, "normalTpsl", (order) => {
      if (order.trigger === null || !order.reduceOnly || wire.a !== first.a || wire.b === first.b) throw badTrigger();
      children.push(order);
      return "waitingForFill";
    }),
  );
  makeSiblings(children);
  const status = attempt(state, account, first, "normalTpsl", (parent) => {
    if (parent.trigger !== null) throw badTrigger();
    parent.children = children.map(({ oid }) => oid);
    for (const child of children) {
      child.place = "parent";
      account.orders.set(child.oid, child);
    }
    return place(state, parent);
  });
  if (!isError(status)) return [status, ...childStatuses];
  for (const child of children) if (child.place === "parent") endOrder(state, child, "rejected");
  return [status, ...childStatuses.map((it) => (it === "waitingForFill" ? status : it))];
}

function badTrigger(): RefusedOrder {
  return new RefusedOrder("badTriggerPxRejected", "Invalid TP/SL price.");
}

function isError(status: OrderStatus): boolean {
  return typeof status === "object" && "error" in status;
}

function makeSiblings(orders: readonly Order[]): void {
  for (const order of orders) order.siblings = orders.flatMap(({ oid }) => (oid === order.oid ? [] : [oid]));
}

function attempt(
  state: State,
  account: Account,
  wire: WireOrder,
  grouping: Grouping,
  act: (order: Order) => OrderStatus,
): OrderStatus {
  let order: Order | null = null;
  try {
    order = readOrder(state, account, wire, grouping);
    return act(order);
  } catch (error) {
    if (!(error instanceof RefusedOrder)) throw error;
    if (order !== null) noteOrder(state, order, error.status);
    return { error: error.message };
  }
}

/** An account's live order, by the venue's number or the client's. */
export function findOrder(account: Account, id: number | Hex): Order | null {
  const oid = typeof id === "number" ? id : account.byCloid.get(id);
  return oid === undefined ? null : (account.orders.get(oid) ?? null);
}

export function cancelOne(state: State, account: Account, asset: number, id: number | Hex): CancelStatus {
  const order = findOrder(account, id);
  if (order === null || order.market.asset !== asset) return { error: NOT_THERE };
  endOrder(state, order, "canceled");
  return "success";
}

/**
 * Replaces an order by another with a number of its own. What can never be placed leaves the old one; else the old one
 * goes first. The same price and side with no more size keeps its place in the queue.
 */
export function modifyOne(state: State, account: Account, { oid, order: wire }: Modify): OrderStatus {
  const old = findOrder(account, oid);
  if (old === null || old.market.asset !== wire.a || old.place === "parent") return { error: NOT_TO_MODIFY };
  return attempt(state, account, wire, old.positionTpsl ? "positionTpsl" : "na", (order) => {
    if (old.positionTpsl !== order.positionTpsl) throw badTrigger();
    order.siblings = old.siblings;
    order.children = old.children;
    if (keepsPlace(old, order)) {
      checkReduceOnly(order);
      checkMinimum(state, order);
      takePlace(state, old, order);
      renameSibling(account, old, order);
      return { resting: { oid: order.oid, ...(order.cloid === null ? {} : { cloid: order.cloid }) } };
    }
    old.children = [];
    endOrder(state, old, "canceled");
    try {
      const status = place(state, order);
      renameSibling(account, old, order);
      return status;
    } catch (error) {
      for (const child of order.children.flatMap((it) => account.orders.get(it) ?? [])) endOrder(state, child, "canceled");
      throw error;
    }
  });
}

function keepsPlace(old: Order, order: Order): boolean {
  const rests = old.place === "book" && order.trigger === null && (order.tif === "Gtc" || order.tif === "Alo");
  const same = order.isBuy === old.isBuy && order.px === old.px && order.reduceOnly === old.reduceOnly;
  return rests && same && order.sz <= old.sz;
}

function renameSibling(account: Account, old: Order, order: Order): void {
  for (const oid of old.siblings) {
    const sibling = account.orders.get(oid);
    if (sibling !== undefined) sibling.siblings = sibling.siblings.map((it) => (it === old.oid ? order.oid : it));
  }
}
