import type { HyperliquidAction } from "../../../protocols/effects.ts";
import { tradingAction, type WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { SPOT_ASSETS } from "../../../protocols/hyperliquid/market.ts";

/** Builders' perpetuals begin here among the asset numbers. */
const BEYOND_SPOT = 100_000;

/** Whether an action may bring the account home, by its bytes alone: whether it does, only judging tells. */
export function couldReduce(action: HyperliquidAction["action"]): boolean {
  const read = tradingAction.safeParse(action);
  if (!read.success) return false;
  const { data } = read;
  switch (data.type) {
    case "order":
      return data.orders.every(closes);
    case "modify":
      return closes(data.order);
    case "batchModify":
      return data.modifies.every(({ order }) => closes(order));
    case "cancel":
    case "cancelByCloid":
      return true;
    case "updateIsolatedMargin":
      return data.ntli > 0;
    case "updateLeverage":
    case "scheduleCancel":
      return false;
  }
}

function closes({ a, b, r }: WireOrder): boolean {
  const spot = a >= SPOT_ASSETS && a < BEYOND_SPOT;
  return spot ? !b : r;
}
