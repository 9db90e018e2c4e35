import { type Decimal, decimal, ZERO } from "../../../core/decimal.ts";
import type { OrderBody } from "../../../journal/entries.ts";
import type { ExchangeBook } from "../../../mandate/exchange/exchange-book.ts";
import { type AssetId, splitAssetId } from "../../../protocols/effects.ts";
import { InfoContradictionError } from "../../../protocols/hyperliquid/info-client.ts";
import type { Fill, OpenOrder, OrderStatus } from "../../../protocols/hyperliquid/info-schemas.ts";
import type { OrderSeen } from "./measure.ts";

export interface Fate {
  readonly fate: OrderSeen["fate"];
  /** How much of it the venue says has filled, in coins. */
  readonly filled: Decimal;
}

/** How the venue calls what is over: each of its ends has a name of its own. */
const OVER = /^filled$|^canceled$|Cancel(ed)?$/;
const NEVER_TAKEN = /^rejected$|Rejected$/;
const LIVE = /^(open|triggered)$/;

/**
 * What became of an order that the venue knows.
 *
 * @param rests - asked where the venue has a word for it that we do not know: whether it still stands among the open orders.
 * @throws {InfoContradictionError} what is told is another order than the one that was asked for.
 */
export async function fateOf(
  order: OrderBody,
  found: Extract<OrderStatus, { readonly status: "order" }>["order"],
  { book, rests }: { readonly book: ExchangeBook; readonly rests: () => Promise<boolean> },
): Promise<Fate> {
  const { status, order: told } = found;
  requireSame(order, told, book);
  if (NEVER_TAKEN.test(status)) return { fate: "never", filled: ZERO };
  const live = LIVE.test(status) || (!OVER.test(status) && (await rests()));
  return { fate: live ? "live" : "ended", filled: status === "filled" ? told.origSz : told.origSz.minus(told.sz) };
}

function requireSame({ cloid, asset, side, size, opens, follows }: OrderBody, told: OpenOrder, book: ExchangeBook): void {
  const refuse = (what: string) => {
    throw new InfoContradictionError("orderStatus", `it tells of an order ${what} than the one that was asked for`);
  };
  if (told.cloid && told.cloid !== cloid) refuse("by another id");
  if (told.coin !== coinOf(asset, book)) refuse("on another market");
  if (told.side !== sideOf(side)) refuse("on another side");
  if (told.sz.gt(told.origSz)) refuse("that grew, and no other");
  // A stop of the whole position has whatever size that has; what only closes may be cut to what there is.
  if (follows) return;
  if (opens ? !told.origSz.eq(decimal(size)) : told.origSz.gt(decimal(size))) refuse("of another size");
}

/**
 * The fills of an order.
 *
 * @throws {InfoContradictionError} one bears its id and is of another market or side.
 */
export function fillsOf({ cloid, asset, side }: OrderBody, fills: readonly Fill[], book: ExchangeBook): readonly Fill[] {
  const own = fills.filter((fill) => fill.cloid === cloid);
  const coin = coinOf(asset, book);
  if (own.some((fill) => fill.side !== sideOf(side) || fill.coin !== coin))
    throw new InfoContradictionError("userFillsByTime", "a fill bears the id of an order on another market or side");
  return own;
}

function coinOf(asset: string, { markets }: ExchangeBook): string | undefined {
  return markets[splitAssetId(asset as AssetId).symbol]?.coin;
}

function sideOf(side: OrderBody["side"]): "B" | "A" {
  return side === "buy" ? "B" : "A";
}
