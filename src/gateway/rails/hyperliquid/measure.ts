import { BPS, type Decimal, decimal, max, min, sum, ZERO } from "../../../core/decimal.ts";
import type { AmountsBody, OrderBody } from "../../../journal/entries.ts";
import type { RequestState } from "../../../journal/fold-wallet.ts";
import type { ExchangeBook } from "../../../mandate/exchange/exchange-book.ts";
import { type AssetId, type Holding, splitAssetId } from "../../../protocols/effects.ts";
import type { Fill } from "../../../protocols/hyperliquid/info-schemas.ts";

/** What is known of one order of a request. */
export interface OrderSeen {
  readonly order: OrderBody;
  /** "live": it may still fill. "ended": it was taken and is over. "never": the venue did not take it and will not. "pending": nobody can tell yet. */
  readonly fate: "live" | "ended" | "never" | "pending";
  readonly fills: readonly Fill[];
}

export interface Measured {
  /** What was done, and of what still stands the worst. */
  readonly amounts: AmountsBody;
  readonly filled: Readonly<Record<string, string>>;
  readonly deltas: readonly Holding[];
  /** What the venue took of the fills. */
  readonly fees_usd: Decimal;
  /** Set when a fill is outside what was judged: nothing more may be signed. */
  readonly breach: string | null;
}

/** A fee may be rounded up by the venue. */
const FEE_ROUNDING = decimal("0.01");

/** Holds the fills of a request's orders against what was reserved for them, at the prices of the judgment. */
export function measureOrders(
  { reserved }: Pick<RequestState, "reserved">,
  seen: readonly OrderSeen[],
  { book, account }: { readonly book: ExchangeBook; readonly account: string },
): Measured {
  let [opened, closed, loss, fees] = [ZERO, ZERO, ZERO, ZERO];
  let breach: string | null = null;
  const filled: Record<string, string> = {};
  const deltas = new Map<string, Decimal>();
  for (const { order, fills, fate } of seen) {
    const pinned = decimal(reserved.prices[order.asset] ?? "0");
    const kind = splitAssetId(order.asset as AssetId).symbol.endsWith(":spot") ? "spot" : "perp";
    const rate = book.fee_bps[kind];
    const [limit, size] = [decimal(order.price), decimal(order.size)];
    const add = (amount: Decimal, price: Decimal, fee: Decimal) => {
      const usd = amount.times(max(price, pinned));
      if (order.opens) opened = opened.plus(usd);
      else closed = closed.plus(usd);
      const worse = order.side === "buy" ? price.minus(pinned) : pinned.minus(price);
      loss = loss.plus(max(ZERO, worse).times(amount)).plus(max(ZERO, fee));
    };
    let done = ZERO;
    for (const fill of fills) {
      const fee = fill.feeToken === "USDC" ? fill.fee : fill.fee.times(fill.px);
      add(fill.sz, fill.px, fee);
      fees = fees.plus(fee);
      done = done.plus(fill.sz);
      const beyond = order.side === "buy" ? fill.px.gt(limit) : fill.px.lt(limit);
      if (beyond) breach ??= `an order on ${order.asset} filled at ${fill.px.toFixed()}, beyond its limit of ${order.price}`;
      if (fee.gt(fill.sz.times(fill.px).times(rate).div(BPS).plus(FEE_ROUNDING)))
        breach ??= `the venue took a fee of ${fee.toFixed()} on ${order.asset}, more than ${rate.toFixed()} bps`;
    }
    if (done.gt(size) && !order.follows)
      breach ??= `an order on ${order.asset} filled ${done.toFixed()}, more than its ${order.size}`;
    if (!done.isZero()) {
      filled[order.cloid] = done.toFixed();
      // A purchase in spot pays its fee in what is bought.
      const inCoins = sum(fills.filter(({ feeToken }) => feeToken !== "USDC").map(({ fee }) => fee));
      const moved = (order.side === "buy" ? done : done.negated()).minus(inCoins);
      deltas.set(order.asset, (deltas.get(order.asset) ?? ZERO).plus(moved));
    }
    if (fate === "live" || fate === "pending") {
      const rest = max(ZERO, size.minus(done));
      add(rest, limit, rest.times(max(limit, pinned)).times(rate).div(BPS));
    }
  }
  const reducing = reserved.class === "reduce";
  const { spend_usd, loss_usd, exit_loss_usd } = reserved.at_worst;
  // What still stands was judged at the venue's rate of then: with a higher one of the book it is no more than was reserved.
  if (breach === null && seen.some(({ fate }) => fate === "live" || fate === "pending")) {
    opened = min(opened, decimal(spend_usd));
    loss = min(loss, decimal(reducing ? exit_loss_usd : loss_usd));
  }
  return {
    amounts: {
      spend_usd: opened.toFixed(),
      loss_usd: (reducing ? ZERO : loss).toFixed(),
      exit_loss_usd: (reducing ? loss : ZERO).toFixed(),
      gas_usd: "0",
      exit_gas_usd: "0",
      buys_usd: opened.toFixed(),
      sells_usd: closed.toFixed(),
      spend_units: {},
    },
    filled,
    deltas: [...deltas].map(([asset, amount]) => ({ account, asset: asset as AssetId, amount })),
    fees_usd: fees,
    breach,
  };
}
