import type { ExchangeEvent, WireOpenOrder } from "../engine/types.ts";
import { flatPayment, type Notice } from "./channels.ts";

/** What the subscribers of streams hear of something that happened. */
export function noticesOf(event: ExchangeEvent): readonly Notice[] {
  switch (event.kind) {
    case "book":
      return [];
    case "trade":
      return [{ channel: "trades", about: event.coin, item: event.trade }];
    case "fill":
      return [
        { channel: "userFills", about: event.account, item: event.fill },
        { channel: "user", about: event.account, item: { fills: [event.fill] } },
      ];
    case "order": {
      const { order, status, statusTimestamp } = event.update;
      return [
        { channel: "orderUpdates", about: event.account, item: { order: basicOrder(order), status, statusTimestamp } },
        ...nonUserCancel(event.account, order, status),
      ];
    }
    case "funding": {
      const payment = flatPayment(event.payment);
      return [
        { channel: "userFundings", about: event.account, item: payment },
        { channel: "user", about: event.account, item: { funding: payment } },
      ];
    }
    case "ledger":
      return [{ channel: "userNonFundingLedgerUpdates", about: event.account, item: event.update }];
    case "liquidation":
      return [
        {
          channel: "user",
          about: event.account,
          item: {
            liquidation: {
              lid: 0,
              liquidator: event.liquidator,
              liquidated_user: event.account,
              liquidated_ntl_pos: event.notional,
              liquidated_account_value: event.accountValue,
            },
          },
        },
      ];
  }
}

/** Ends of an order that its owner did not ask for. */
const CANCELED_BY_VENUE: ReadonlySet<string> = new Set([
  "marginCanceled",
  "selfTradeCanceled",
  "reduceOnlyCanceled",
  "siblingFilledCanceled",
  "liquidatedCanceled",
  "scheduledCancel",
]);

function nonUserCancel(about: string, { coin, oid }: WireOpenOrder, status: string): readonly Notice[] {
  return CANCELED_BY_VENUE.has(status) ? [{ channel: "user", about, item: { nonUserCancel: [{ coin, oid }] } }] : [];
}

/** An order in the short form of `openOrders` and `orderUpdates`. */
export function basicOrder(order: WireOpenOrder): object {
  const { coin, side, limitPx, sz, oid, timestamp, origSz, reduceOnly, cloid } = order;
  return {
    coin,
    side,
    limitPx,
    sz,
    oid,
    timestamp,
    origSz,
    ...(reduceOnly ? { reduceOnly } : {}),
    ...(cloid === null ? {} : { cloid }),
  };
}
