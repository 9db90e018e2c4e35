import { type Decimal, decimal, ZERO } from "../../../core/decimal.ts";
import type { OrderBody } from "../../../journal/entries.ts";
import type { ExchangeBook } from "../../../mandate/exchange/exchange-book.ts";
import { type AssetId, splitAssetId } from "../../../protocols/effects.ts";
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
 * What became of an order that the venue knows. Null: what is told is of another order than the one that was asked for.
 *
 * @param rests - asked where the venue has a word for it that we do not know: whether it still stands among the open orders.
 */
export async function fateOf(
  order: OrderBody,
  found: Extract<OrderStatus, { readonly status: "order" }>["order"],
  { book, rests }: { readonly book: ExchangeBook; readonly rests: () => Promise<boolean> },
): Promise<Fate | null> {
  const { status, order: told } = found;
  if (!isSame(order, told, book)) return null;
  if (NEVER_TAKEN.test(status)) return { fate: "never", filled: ZERO };
  const live = LIVE.test(status) || (!OVER.test(status) && (await rests()));
  return { fate: live ? "live" : "ended", filled: status === "filled" ? told.origSz : told.origSz.minus(told.sz) };
}

function isSame({ cloid, asset, side, size, opens, follows }: OrderBody, told: OpenOrder, book: ExchangeBook): boolean {
  if (told.cloid && told.cloid !== cloid) return false;
  if (told.coin !== coinOf(asset, book) || told.side !== sideOf(side)) return false;
  // A stop of the whole position has whatever size that has; what only closes may be cut to what there is.
  if (follows) return true;
  if (told.sz.gt(told.origSz)) return false;
  return opens ? told.origSz.eq(decimal(size)) : told.origSz.lte(decimal(size));
}

/** The fills of an order. Null: one bears its id and is of another market or side. */
export function fillsOf({ cloid, asset, side }: OrderBody, fills: readonly Fill[], book: ExchangeBook): readonly Fill[] | null {
  const own = fills.filter((fill) => fill.cloid === cloid);
  const coin = coinOf(asset, book);
  return own.every((fill) => fill.side === sideOf(side) && fill.coin === coin) ? own : null;
}

function coinOf(asset: string, { markets }: ExchangeBook): string | undefined {
  return markets[splitAssetId(asset as AssetId).symbol]?.coin;
}

function sideOf(side: OrderBody["side"]): "B" | "A" {
  return side === "buy" ? "B" : "A";
}
