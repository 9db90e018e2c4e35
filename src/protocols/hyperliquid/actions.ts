import { z } from "zod";
import { positiveWireDecimal, wireCloid, wireCount, wireDecimal } from "./wire-decimal.ts";

/** An asset's number: a perpetual's place in the universe, or 10,000 and a spot pair's index. */
const asset = wireCount.max(999_999_999);

/** An order id of the venue, or the client's own. */
export const orderId = z.union([wireCount, wireCloid]);

export const limitKind = z.strictObject({
  limit: z.strictObject({ tif: z.enum(["Gtc", "Ioc", "Alo", "FrontendMarket"]) }),
});

export const triggerKind = z.strictObject({
  trigger: z.strictObject({ isMarket: z.boolean(), triggerPx: positiveWireDecimal, tpsl: z.enum(["tp", "sl"]) }),
});

/** a: asset, b: buys, p: price, s: size in the base coin, r: reduce-only, t: kind, c: client's id. */
export const wireOrder = z.strictObject({
  a: asset,
  b: z.boolean(),
  p: positiveWireDecimal,
  s: wireDecimal,
  r: z.boolean(),
  t: z.union([limitKind, triggerKind]),
  c: wireCloid.optional(),
});

export const orderAction = z.strictObject({
  type: z.literal("order"),
  orders: z.array(wireOrder).min(1),
  grouping: z.enum(["na", "normalTpsl", "positionTpsl"]),
});

export const cancelAction = z.strictObject({
  type: z.literal("cancel"),
  cancels: z.array(z.strictObject({ a: asset, o: wireCount })).min(1),
});

export const cancelByCloidAction = z.strictObject({
  type: z.literal("cancelByCloid"),
  cancels: z.array(z.strictObject({ asset, cloid: wireCloid })).min(1),
});

export const modifyAction = z.strictObject({ type: z.literal("modify"), oid: orderId, order: wireOrder });

export const batchModifyAction = z.strictObject({
  type: z.literal("batchModify"),
  modifies: z.array(z.strictObject({ oid: orderId, order: wireOrder })).min(1),
});

export const updateLeverageAction = z.strictObject({
  type: z.literal("updateLeverage"),
  asset,
  isCross: z.boolean(),
  leverage: wireCount.min(1),
});

/** `ntli` in millionths of a dollar, negative to take margin out. */
export const updateIsolatedMarginAction = z.strictObject({
  type: z.literal("updateIsolatedMargin"),
  asset,
  isBuy: z.boolean(),
  ntli: z.int(),
});

/** Without `time`, what was scheduled is taken back. */
export const scheduleCancelAction = z.strictObject({ type: z.literal("scheduleCancel"), time: wireCount.optional() });

/**
 * The actions that trade, with exactly the keys that they may have. No builder, no priority, no fast lane: what is
 * not here is another action and is refused by whoever reads with this.
 */
export const tradingAction = z.discriminatedUnion("type", [
  orderAction,
  cancelAction,
  cancelByCloidAction,
  modifyAction,
  batchModifyAction,
  updateLeverageAction,
  updateIsolatedMarginAction,
  scheduleCancelAction,
]);

export type WireOrder = z.infer<typeof wireOrder>;
export type TradingAction = z.infer<typeof tradingAction>;
