import { type Instant, MINUTE } from "../../../../src/core/clock.ts";
import { BPS, type Decimal, decimal } from "../../../../src/core/decimal.ts";
import type { Hex } from "../../../../src/core/hex.ts";
import type { HyperliquidAction } from "../../../../src/protocols/effects.ts";
import { formatPrice } from "../../../../src/protocols/hyperliquid/format-price.ts";
import type { TradingHouse } from "../../../hyperliquid/support/trading-house.ts";
import { type Floor, PITS, type Pit, possessionsOf } from "./floor.ts";
import type { Asked, BookLimits, DrawnOrder } from "./moves.ts";

export type Trade = HyperliquidAction["action"];

/** An order with what it means: where an accomplice has to stand to fill it at its worst. */
export interface Met {
  readonly pit: Pit;
  readonly buy: boolean;
  readonly price: Decimal;
}

export interface Written {
  readonly actions: readonly Trade[];
  readonly met: Met | null;
}

const NOTHING: Written = { actions: [], met: null };

function pitAt(n: number): Pit {
  const pit = PITS[n % PITS.length];
  if (!pit) throw new RangeError(`${n} is no pit`);
  return pit;
}

/** A price on the grid that is worse for its owner than the oracle by `bps`, or better, and never beyond it. */
export function worseBy(floor: Floor, pit: Pit, buy: boolean, bps: Decimal, from = floor.oracle(pit)): string {
  const off = bps.div(BPS);
  return formatPrice(from.times(buy ? off.plus(1) : off.neg().plus(1)), pit, buy ? "down" : "up");
}

/** As many coins as cost `usd` at a price, in whole lots. */
export function sizeOf(pit: Pit, usd: Decimal, price: string): string {
  return usd.div(price).toDecimalPlaces(pit.sz_decimals, 1).toFixed();
}

export function limitOrder(pit: Pit, b: boolean, p: string, s: string, r: boolean, tif: "Ioc" | "Gtc" | "Alo") {
  return { a: pit.asset, b, p, s, r, t: { limit: { tif } } };
}

export function heldIn(house: TradingHouse, pit: Pit): Decimal {
  const { perps, spot } = possessionsOf(house.exchange, house.account.address);
  return (pit.kind === "perp" ? perps[pit.coin] : spot[pit.underlying]) ?? decimal(0);
}

/** One of the markets where something is held. Null: nothing is held anywhere. */
function heldPit(house: TradingHouse, n: number): Pit | null {
  const held = PITS.filter((pit) => !heldIn(house, pit).isZero());
  return held[n % Math.max(1, held.length)] ?? null;
}

function restingAt(house: TradingHouse, which: number) {
  const orders = house.exchange.exchange.openOrders(house.account.address);
  return orders[which % Math.max(1, orders.length)] ?? null;
}

function written(
  floor: Floor,
  limits: BookLimits,
  house: TradingHouse,
  { pit: n, buy: wanted, share, reach, reduce, tif }: DrawnOrder,
) {
  const pit = pitAt(n);
  // Spot that is not held cannot be sold.
  const buy = wanted || (pit.kind === "spot" && heldIn(house, pit).isZero());
  const most = reduce ? limits.max_exit_cost_bps : limits.max_slippage_bps;
  const p = worseBy(floor, pit, buy, decimal(most).times(reach));
  const s = sizeOf(pit, decimal(limits.max_single_trade_usd).times(share), p);
  return { order: limitOrder(pit, buy, p, s, reduce, tif), met: { pit, buy, price: decimal(p) } };
}

/** The bytes of what was drawn, by where the account and the oracle stand now. */
export function write(
  ask: Asked,
  { house, floor, limits, now }: { house: TradingHouse; floor: Floor; limits: BookLimits; now: Instant },
): Written {
  switch (ask.do) {
    case "order": {
      const all = ask.orders.map((drawn) => written(floor, limits, house, drawn));
      return { actions: [{ type: "order", orders: all.map(({ order }) => order), grouping: "na" }], met: all[0]?.met ?? null };
    }
    case "close": {
      const pit = heldPit(house, ask.pit);
      if (pit === null) return NOTHING;
      const held = heldIn(house, pit);
      const buy = held.isNegative();
      const p = worseBy(floor, pit, buy, decimal(limits.max_exit_cost_bps).minus(6).times(ask.reach));
      const s = held.abs().times(ask.share).toDecimalPlaces(pit.sz_decimals, 1).toFixed();
      const order = limitOrder(pit, buy, p, s, pit.kind === "perp", "Ioc");
      return { actions: [{ type: "order", orders: [order], grouping: "na" }], met: { pit, buy, price: decimal(p) } };
    }
    case "stop": {
      const pit = heldPit(house, ask.pit);
      if (pit === null) return NOTHING;
      const held = heldIn(house, pit);
      const buy = held.isNegative();
      const trigger = floor.oracle(pit).times(ask.trigger);
      const p = worseBy(floor, pit, buy, decimal(limits.max_exit_cost_bps).times(ask.reach), trigger);
      const s = held.abs().times(ask.share).toDecimalPlaces(pit.sz_decimals, 1).toFixed();
      const t = { trigger: { isMarket: false, triggerPx: formatPrice(trigger, pit, "down"), tpsl: ask.tpsl } };
      const order = { a: pit.asset, b: buy, p, s, r: true, t };
      return { actions: [{ type: "order", orders: [order], grouping: ask.grouping }], met: null };
    }
    case "modify": {
      const resting = restingAt(house, ask.which);
      const { order, met } = written(floor, limits, house, ask.order);
      return { actions: [{ type: "modify", oid: resting?.oid ?? 1, order }], met };
    }
    case "cancel": {
      const resting = restingAt(house, ask.which);
      const a = PITS.find(({ coin }) => coin === resting?.coin)?.asset ?? 0;
      const cloid = (resting?.cloid ?? `0x${"0".repeat(32)}`) as Hex;
      const action: Trade = ask.byCloid
        ? { type: "cancelByCloid", cancels: [{ asset: a, cloid }] }
        : { type: "cancel", cancels: [{ a, o: resting?.oid ?? 1 }] };
      return { actions: [action], met: null };
    }
    case "leverage": {
      const set: Trade = { type: "updateLeverage", asset: pitAt(ask.pit).asset, isCross: ask.cross, leverage: ask.value };
      if (ask.opening === null) return { actions: [set], met: null };
      const { order, met } = written(floor, limits, house, { ...ask.opening, pit: ask.pit });
      return { actions: [set, { type: "order", orders: [order], grouping: "na" }], met };
    }
    case "margin": {
      const asset = (heldPit(house, ask.pit) ?? pitAt(ask.pit)).asset;
      return { actions: [{ type: "updateIsolatedMargin", asset, isBuy: true, ntli: ask.usd * 1_000_000 }], met: null };
    }
    case "schedule":
      return {
        actions: [ask.minutes === 0 ? { type: "scheduleCancel" } : { type: "scheduleCancel", time: now + MINUTE * ask.minutes }],
        met: null,
      };
  }
}
