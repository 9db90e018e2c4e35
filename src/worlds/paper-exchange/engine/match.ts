import { InvariantError } from "../../../core/errors.ts";
import type { Address } from "../../../core/hex.ts";
import { applyPerpFill, applySpotTrade, countVolume, feeOn, feeRates, takeSpotFee } from "./apply-fill.ts";
import { abs, least, showFixed, USD_PLACES, USDC_WEI } from "./fixed-point.ts";
import { canFill } from "./margin.ts";
import { endOrder, endOrphans, noteOrder, shrinkResting } from "./order-life.ts";
import { emit, keep, nextHash, type Order, type PerpMarket, type SpotMarket, type State, spotOf } from "./state.ts";
import type { WireFill } from "./types.ts";

export const FILLS_KEPT = 10_000;
const TRADES_KEPT = 500;

/** Why a taker took no more although there was more to take. */
export type Stopped = "margin" | "reduce-only" | null;

export interface Liquidation {
  readonly liquidatedUser: Address;
  readonly markPx: string;
  readonly method: "market" | "backstop";
}

export interface Matched {
  /** Size taken, and its price times size. */
  readonly size: bigint;
  readonly notional: bigint;
  readonly stopped: Stopped;
}

/**
 * Takes what the book offers up to the order's price, best price first and oldest first. Own orders in the way are
 * cancelled; makers whose margin is gone or that would no longer reduce are cancelled too.
 */
export function match(state: State, taker: Order, liquidation: Liquidation | null = null): Matched {
  const { market } = taker;
  const side = taker.isBuy ? market.asks : market.bids;
  let size = 0n;
  let notional = 0n;
  let stopped: Stopped = null;
  while (taker.sz > 0n) {
    const maker = side.best?.head ?? null;
    if (maker === null || (taker.isBuy ? maker.px > taker.px : maker.px < taker.px)) break;
    if (maker.account === taker.account) {
      endOrder(state, maker, "selfTradeCanceled");
      continue;
    }
    const offered = least(maker.sz, reducible(maker));
    if (offered <= 0n) {
      endOrder(state, maker, "reduceOnlyCanceled");
      continue;
    }
    const qty = least(offered, least(taker.sz, reducible(taker)));
    if (qty <= 0n) {
      stopped = "reduce-only";
      break;
    }
    const verdict =
      market.kind === "perp"
        ? perpTrade(state, market, taker, maker, qty, liquidation)
        : spotTrade(state, market, taker, maker, qty);
    if (verdict === "maker") {
      endOrder(state, maker, "marginCanceled");
      continue;
    }
    if (verdict === "taker") {
      stopped = "margin";
      break;
    }
    size += qty;
    notional += qty * maker.px;
    afterTrade(state, taker, maker);
  }
  return { size, notional, stopped };
}

/** How much of a reduce-only order still reduces; all of any other. */
export function reducible(order: Order): bigint {
  if (!order.reduceOnly) return order.sz;
  const szi = order.account.positions.get(order.market.asset)?.szi ?? 0n;
  if (szi === 0n || szi > 0n === order.isBuy) return 0n;
  return least(order.sz, abs(szi));
}

function afterTrade(state: State, taker: Order, maker: Order): void {
  const { market } = taker;
  market.changed = true;
  if (maker.sz === 0n) endOrder(state, maker, "filled");
  else noteOrder(state, maker, "open");
  for (const order of [maker, taker]) {
    for (const oid of order.siblings) {
      const sibling = order.account.orders.get(oid);
      if (sibling !== undefined) endOrder(state, sibling, "siblingFilledCanceled");
    }
    if (market.kind === "perp") endOrphans(state, order.account, market.asset);
  }
}

function perpTrade(
  state: State,
  market: PerpMarket,
  taker: Order,
  maker: Order,
  qty: bigint,
  liquidation: Liquidation | null,
): "maker" | "taker" | null {
  const { px } = maker;
  const notional = qty * px;
  const delta = taker.isBuy ? qty : -qty;
  const makerFee = feeOn(notional, feeRates(state, maker.account).maker);
  const takerFee = liquidation === null ? feeOn(notional, feeRates(state, taker.account).taker) : 0n;
  if (!canFill(state, maker.account, market, -delta, px, makerFee)) return "maker";
  if (liquidation === null && !canFill(state, taker.account, market, delta, px, takerFee)) return "taker";
  const before = cash(market, taker) + cash(market, maker) + state.earned.usd;
  shrinkResting(maker, qty);
  taker.sz -= qty;
  const made = applyPerpFill(state, maker.account, market, -delta, px, makerFee);
  const took = applyPerpFill(state, taker.account, market, delta, px, takerFee);
  const after = cash(market, taker) + cash(market, maker) + state.earned.usd;
  if (after !== before) throw new InvariantError(`a trade of ${market.coin} made ${after - before} millionths out of nothing`);
  const usd = (value: bigint) => showFixed(value, USD_PLACES);
  const { tid, hash } = record(state, taker, maker, qty, notional);
  const extra = liquidation === null ? {} : { liquidation };
  note(state, maker, qty, px, {
    tid,
    hash,
    crossed: false,
    fee: usd(makerFee),
    feeToken: "USDC",
    ...shown(market, made),
    ...extra,
  });
  note(state, taker, qty, px, {
    tid,
    hash,
    crossed: true,
    fee: usd(takerFee),
    feeToken: "USDC",
    ...shown(market, took),
    ...extra,
  });
  return null;
}

/** What a trade can move of an account's dollars. */
function cash(market: PerpMarket, { account }: Order): bigint {
  return account.usd + (account.positions.get(market.asset)?.raw ?? 0n);
}

function shown(market: PerpMarket, effect: { readonly startPosition: bigint; readonly closedPnl: bigint; readonly dir: string }) {
  return {
    startPosition: showFixed(effect.startPosition, market.szDecimals),
    closedPnl: showFixed(effect.closedPnl, USD_PLACES),
    dir: effect.dir,
  };
}

function spotTrade(state: State, market: SpotMarket, taker: Order, maker: Order, qty: bigint): "taker" | null {
  const { px } = maker;
  const [buyer, seller] = taker.isBuy ? [taker, maker] : [maker, taker];
  const paid = qty * px;
  const base = qty * market.baseUnit;
  const fees = { [taker.oid]: feeRates(state, taker.account).spotTaker, [maker.oid]: feeRates(state, maker.account).spotMaker };
  const inBase = state.switches.spotBuyFee === "base";
  const buyerFee = feeOn(inBase ? base : paid, fees[buyer.oid] ?? 0n);
  const sellerFee = feeOn(paid, fees[seller.oid] ?? 0n);
  const needs = taker.isBuy ? paid + (inBase ? 0n : buyerFee) : base;
  const balance = spotOf(taker.account, taker.isBuy ? market.quote : market.base);
  if (balance.total - balance.hold < needs) return "taker";
  const before = { buyer: spotOf(buyer.account, market.base).total, seller: spotOf(seller.account, market.base).total };
  shrinkResting(maker, qty);
  taker.sz -= qty;
  const cost = applySpotTrade(buyer.account, seller.account, market, base, paid);
  takeSpotFee(state, buyer.account, inBase ? market.base : market.quote, buyerFee);
  takeSpotFee(state, seller.account, market.quote, sellerFee);
  const { tid, hash } = record(state, taker, maker, qty, paid / 100n);
  const places = state.tokens[market.base]?.weiDecimals ?? 0;
  const feeToken = inBase ? (state.tokens[market.base]?.name ?? "") : "USDC";
  note(state, buyer, qty, px, {
    tid,
    hash,
    crossed: buyer === taker,
    fee: showFixed(buyerFee, inBase ? places : USDC_WEI),
    feeToken,
    startPosition: showFixed(before.buyer, places),
    closedPnl: "0.0",
    dir: "Buy",
  });
  note(state, seller, qty, px, {
    tid,
    hash,
    crossed: seller === taker,
    fee: showFixed(sellerFee, USDC_WEI),
    feeToken: "USDC",
    startPosition: showFixed(before.seller, places),
    closedPnl: showFixed(paid - cost, USDC_WEI),
    dir: "Sell",
  });
  return null;
}

/** The trade as everybody sees it. `notional` in millionths. */
function record(state: State, taker: Order, maker: Order, qty: bigint, notional: bigint): Pick<WireFill, "tid" | "hash"> {
  const { market } = taker;
  const { px } = maker;
  market.last = px;
  taker.filled += qty;
  maker.filled += qty;
  countVolume(state, taker.account, notional);
  countVolume(state, maker.account, notional);
  market.candles.trade(state.now, px, qty, notional);
  const hash = nextHash(state);
  const tid = state.nextTid++;
  const [buyer, seller] = taker.isBuy ? [taker.account, maker.account] : [maker.account, taker.account];
  const trade = {
    coin: market.coin,
    side: taker.isBuy ? ("B" as const) : ("A" as const),
    px: showFixed(px, market.pxPlaces),
    sz: showFixed(qty, market.szDecimals),
    time: state.now,
    hash,
    tid,
    users: [buyer.address, seller.address] as const,
  };
  keep(market.trades, trade, TRADES_KEPT);
  emit(state, { kind: "trade", coin: market.coin, trade });
  return { tid, hash };
}

type FillDetails = Pick<
  WireFill,
  "tid" | "hash" | "crossed" | "fee" | "feeToken" | "startPosition" | "closedPnl" | "dir" | "liquidation"
>;

function note(state: State, order: Order, qty: bigint, px: bigint, details: FillDetails): void {
  const { account, market } = order;
  if (account.kind === "house") return;
  const fill: WireFill = {
    coin: market.coin,
    px: showFixed(px, market.pxPlaces),
    sz: showFixed(qty, market.szDecimals),
    side: order.isBuy ? "B" : "A",
    time: state.now,
    oid: order.oid,
    twapId: null,
    ...details,
    ...(order.cloid === null ? {} : { cloid: order.cloid }),
  };
  keep(account.fills, fill, FILLS_KEPT);
  emit(state, { kind: "fill", account: account.address, fill });
}
