import type { Order } from "./state.ts";

/** All orders of one side at one price, oldest first. */
export interface Level {
  readonly px: bigint;
  sz: bigint;
  count: number;
  head: Order | null;
  tail: Order | null;
}

/**
 * One side of a book. Levels are kept in an array with the best last, where most of the traffic is; orders of a level
 * are a linked list, so that a cancel costs nothing however long the queue.
 */
export class BookSide {
  readonly isBid: boolean;
  readonly levels: Level[] = [];

  constructor(isBid: boolean) {
    this.isBid = isBid;
  }

  get best(): Level | null {
    return this.levels[this.levels.length - 1] ?? null;
  }

  /** Behind every order of the same price. */
  add(order: Order): void {
    const level = this.#levelAt(order.px);
    order.level = level;
    order.previous = level.tail;
    order.next = null;
    if (level.tail === null) level.head = order;
    else level.tail.next = order;
    level.tail = order;
    level.sz += order.sz;
    level.count += 1;
  }

  remove(order: Order): void {
    const { level } = order;
    if (level === null) return;
    if (order.previous === null) level.head = order.next;
    else order.previous.next = order.next;
    if (order.next === null) level.tail = order.previous;
    else order.next.previous = order.previous;
    order.level = null;
    order.previous = null;
    order.next = null;
    level.sz -= order.sz;
    level.count -= 1;
    if (level.count === 0) this.levels.splice(this.#find(level.px), 1);
  }

  /** Takes `by` off a resting order without moving it. */
  shrink(order: Order, by: bigint): void {
    order.sz -= by;
    if (order.level !== null) order.level.sz -= by;
  }

  /** Puts `next` where `old` is, ahead of everybody behind it. Same price only. */
  replace(old: Order, next: Order): void {
    const { level } = old;
    if (level === null) return;
    next.level = level;
    next.previous = old.previous;
    next.next = old.next;
    if (old.previous === null) level.head = next;
    else old.previous.next = next;
    if (old.next === null) level.tail = next;
    else old.next.previous = next;
    level.sz += next.sz - old.sz;
    old.level = null;
    old.previous = null;
    old.next = null;
  }

  *orders(): Generator<Order> {
    for (let i = this.levels.length - 1; i >= 0; i--) {
      for (let order = this.levels[i]?.head ?? null; order !== null; order = order.next) yield order;
    }
  }

  #levelAt(px: bigint): Level {
    const at = this.#find(px);
    const found = this.levels[at];
    if (found?.px === px) return found;
    const level: Level = { px, sz: 0n, count: 0, head: null, tail: null };
    this.levels.splice(at, 0, level);
    return level;
  }

  /** Where the level of `px` is, or would be put. */
  #find(px: bigint): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.levels[middle];
      if (level !== undefined && (this.isBid ? level.px < px : level.px > px)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
