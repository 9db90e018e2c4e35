import { ZERO } from "../../../core/decimal.ts";
import type { Hex } from "../../../core/hex.ts";
import type { OrderBody } from "../../../journal/entries.ts";
import { assetId, type DecodedCall, type HyperliquidAction } from "../../../protocols/effects.ts";
import { tradingAction, type WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import type { Request } from "../../contract.ts";
import type { SignableAction } from "./assess.ts";
import type { HyperliquidRail } from "./hyperliquid-rail.ts";

/** Numbers of the markets that an action names, whatever it is. */
export function marketsIn(action: Request["actions"][number] | HyperliquidAction["action"]): readonly number[] {
  const read = tradingAction.safeParse(action);
  if (!read.success) return [];
  const { data } = read;
  if (data.type === "updateLeverage" || data.type === "updateIsolatedMargin") return [data.asset];
  return ordersIn(data).map(({ a }) => a);
}

/** Orders that an action places, in their order. */
export function ordersIn(action: SignableAction): readonly WireOrder[] {
  if (action.type === "order") return action.orders;
  if (action.type === "modify") return [action.order];
  return action.type === "batchModify" ? action.modifies.map(({ order }) => order) : [];
}

/** An action as people and permits read it. Its arguments are all of it, so that a permit is for exactly this. */
export function callOf(action: SignableAction, { label, account }: HyperliquidRail, from: string): DecodedCall {
  const args = Object.fromEntries(
    Object.entries(action).flatMap(([name, value]) => (name === "type" ? [] : [[name, JSON.stringify(value)]])),
  );
  return { chain: label, from, to: account, contract: null, kind: null, function: action.type, args, value: ZERO, inner: [] };
}

/** An order as it is journaled. */
export function orderBody(order: WireOrder, cloid: Hex, { book, label }: Pick<HyperliquidRail, "book" | "label">): OrderBody {
  const [symbol = "", entry] = Object.entries(book.markets).find(([, { asset }]) => asset === order.a) ?? [];
  return {
    cloid,
    asset: assetId(label, symbol),
    side: order.b ? "buy" : "sell",
    size: order.s,
    price: order.p,
    opens: entry?.kind === "spot" ? order.b : !order.r,
    rests: "trigger" in order.t || order.t.limit.tif !== "Ioc",
  };
}
