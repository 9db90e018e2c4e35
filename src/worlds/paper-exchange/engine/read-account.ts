import type { Hex } from "../../../core/hex.ts";
import { feeRates } from "./apply-fill.ts";
import { abs, divFloor, most, pow10, RATE_PLACES, showFixed, USD_PLACES } from "./fixed-point.ts";
import { available, initial, isolatedEquity, liquidationPx, mostSize, perpOf, standing, withdrawable } from "./margin.ts";
import { wireOpenOrder } from "./order-life.ts";
import { toGrid } from "./price-grid.ts";
import { type Account, leverageOf, type PerpMarket, type Position, type State } from "./state.ts";
import type { WireOpenOrder, WireOrderUpdate } from "./types.ts";

const usd = (value: bigint) => showFixed(value, USD_PLACES);

/** `clearinghouseState`. */
export function readPerpState(state: State, account: Account) {
  const now = standing(state, account);
  let [value, notional, raw, used] = [now.equity, now.notional, account.usd, now.used];
  const assetPositions = [...account.positions].map(([asset, position]) => {
    const market = perpOf(state, asset);
    if (!leverageOf(account, market).cross) {
      const equity = isolatedEquity(market, position);
      value += equity;
      notional += abs(position.szi * market.mark);
      raw += position.raw;
      used += most(0n, equity);
    }
    return { type: "oneWay" as const, position: readPosition(state, account, market, position) };
  });
  return {
    marginSummary: { accountValue: usd(value), totalNtlPos: usd(notional), totalRawUsd: usd(raw), totalMarginUsed: usd(used) },
    crossMarginSummary: {
      accountValue: usd(now.equity),
      totalNtlPos: usd(now.notional),
      totalRawUsd: usd(account.usd),
      totalMarginUsed: usd(now.used),
    },
    crossMaintenanceMarginUsed: usd(now.maintenance),
    withdrawable: usd(withdrawable(now)),
    assetPositions,
    time: state.now,
  };
}

function readPosition(state: State, account: Account, market: PerpMarket, position: Position) {
  const { cross, value } = leverageOf(account, market);
  const signed = position.szi * market.mark;
  const pnl = position.szi > 0n ? signed - position.entry : signed + position.entry;
  const margin = cross ? initial(abs(signed), value) : isolatedEquity(market, position);
  const atEntry = initial(position.entry, value);
  const liquidation = liquidationPx(state, account, market, position);
  const entry = (position.entry * 100n) / abs(position.szi);
  const extra = market.pxPlaces + 2;
  return {
    coin: market.coin,
    szi: showFixed(position.szi, market.szDecimals),
    leverage: cross ? { type: "cross" as const, value } : { type: "isolated" as const, value, rawUsd: usd(position.raw) },
    entryPx: showFixed(entry, extra),
    positionValue: usd(abs(signed)),
    unrealizedPnl: usd(pnl),
    returnOnEquity: showFixed(divFloor(pnl * pow10(8), most(1n, atEntry)), 8),
    liquidationPx:
      liquidation === null ? null : showFixed(toGrid(liquidation, market.pxPlaces, signed > 0n ? "up" : "down"), market.pxPlaces),
    marginUsed: usd(margin),
    maxLeverage: market.config.maxLeverage,
    cumFunding: {
      allTime: usd(account.fundingAllTime.get(market.asset) ?? 0n),
      sinceOpen: usd(position.fundingSinceOpen),
      sinceChange: usd(position.fundingSinceChange),
    },
  };
}

/** `spotClearinghouseState`. */
export function readSpotState(state: State, account: Account) {
  const balances = [...account.spot]
    .filter(([, { total }]) => total !== 0n)
    .sort(([a], [b]) => a - b)
    .map(([index, { total, hold, entry }]) => {
      const token = state.tokens[index];
      const places = token?.weiDecimals ?? 0;
      return {
        coin: token?.name ?? "",
        token: index,
        total: showFixed(total, places),
        hold: showFixed(hold, places),
        entryNtl: index === 0 ? "0.0" : showFixed(entry, 8),
      };
    });
  return { balances, ...(account.mode === "portfolioMargin" ? { portfolioMarginEnabled: true } : {}) };
}

/** `frontendOpenOrders`, newest first; orders that wait for another are its children. */
export function readOpenOrders(account: Account): readonly WireOpenOrder[] {
  const top = [...account.orders.values()].filter(({ place }) => place !== "parent");
  return top.sort((a, b) => b.oid - a.oid).map(wireOpenOrder);
}

/** `orderStatus` for a live order or one that is over; null where there never was one. */
export function readOrderStatus(account: Account, id: number | Hex): WireOrderUpdate | null {
  const oid = typeof id === "number" ? id : account.byCloid.get(id);
  if (oid === undefined) return null;
  const live = account.orders.get(oid);
  if (live !== undefined) return { order: wireOpenOrder(live), status: "open", statusTimestamp: live.time };
  return account.closed.get(oid) ?? null;
}

/** `historicalOrders`: the newest 2,000, newest first. */
export function readHistory(account: Account): readonly WireOrderUpdate[] {
  const open = [...account.orders.values()].map((order) => ({
    order: wireOpenOrder(order),
    status: "open" as const,
    statusTimestamp: order.time,
  }));
  return [...account.closed.values(), ...open].sort((a, b) => b.order.oid - a.order.oid).slice(0, 2_000);
}

/** The rates of `userFees`, as fractions. */
export function readFeeRates(state: State, account: Account) {
  const { taker, maker, spotTaker, spotMaker } = feeRates(state, account);
  const rate = (value: bigint) => showFixed(value, RATE_PLACES);
  return {
    userCrossRate: rate(taker),
    userAddRate: rate(maker),
    userSpotCrossRate: rate(spotTaker),
    userSpotAddRate: rate(spotMaker),
  };
}

/** `activeAssetData`. */
export function readActiveAssetData(state: State, account: Account, market: PerpMarket) {
  const { cross, value } = leverageOf(account, market);
  const now = standing(state, account);
  const free = usd(most(0n, available(now)));
  const size = (isBuy: boolean) => showFixed(mostSize(state, account, market, isBuy), market.szDecimals);
  const position = account.positions.get(market.asset);
  return {
    user: account.address,
    coin: market.coin,
    leverage: cross ? { type: "cross" as const, value } : { type: "isolated" as const, value, rawUsd: usd(position?.raw ?? 0n) },
    maxTradeSzs: [size(true), size(false)] as const,
    availableToTrade: [free, free] as const,
    markPx: showFixed(market.mark, market.pxPlaces),
  };
}
