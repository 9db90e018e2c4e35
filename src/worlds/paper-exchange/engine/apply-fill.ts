import { DAY } from "../../../core/clock.ts";
import { abs, divCeil, least, most, RATE_ONE } from "./fixed-point.ts";
import { initial, isolatedEquity } from "./margin.ts";
import {
  type Account,
  type FeeRates,
  leverageOf,
  type PerpMarket,
  type Position,
  type SpotMarket,
  type State,
  spotOf,
} from "./state.ts";

/** The rates of an account by the volume of the 14 days before today. */
export function feeRates(state: State, account: Account): FeeRates {
  const today = Math.floor(state.now / DAY);
  let volume = 0n;
  for (const [day, traded] of account.volumes) if (day < today && day >= today - 14) volume += traded;
  const tier = state.feeTiers.findLast((it) => it.volume <= volume) ?? state.feeTiers[0];
  return tier ?? { taker: 0n, maker: 0n, spotTaker: 0n, spotMaker: 0n };
}

/** A fee on a notional, rounded up: against the account, also where it is a rebate. */
export function feeOn(notional: bigint, rate: bigint): bigint {
  return divCeil(notional * rate, RATE_ONE);
}

export function countVolume(state: State, account: Account, notional: bigint): void {
  const today = Math.floor(state.now / DAY);
  account.volume += notional;
  account.volumes.set(today, (account.volumes.get(today) ?? 0n) + notional);
  if (account.volumes.size > 20) for (const day of account.volumes.keys()) if (day < today - 15) account.volumes.delete(day);
}

export interface PerpEffect {
  readonly startPosition: bigint;
  readonly closedPnl: bigint;
  readonly dir: string;
}

/**
 * Changes a position by `delta` at `px` and takes `fee` (millionths). Every dollar that moves here moves between the
 * cross account, the position's own dollars and the exchange's earnings; the other side of the trade is the caller's.
 */
export function applyPerpFill(
  state: State,
  account: Account,
  market: PerpMarket,
  delta: bigint,
  px: bigint,
  fee: bigint,
): PerpEffect {
  const start = account.positions.get(market.asset)?.szi ?? 0n;
  const closing = start !== 0n && start > 0n !== delta > 0n;
  const closed = closing ? (abs(delta) <= abs(start) ? delta : -start) : 0n;
  const closedPnl = closed === 0n ? 0n : reduce(account, market, closed, px, fee);
  if (closed === 0n) account.usd -= fee;
  state.earned.usd += fee;
  const opened = delta - closed;
  if (opened !== 0n) increase(account, market, opened, px);
  const after = start + delta;
  market.openInterest += most(0n, after) - most(0n, start);
  return { startPosition: start, closedPnl, dir: direction(start, after) };
}

function increase(account: Account, market: PerpMarket, delta: bigint, px: bigint): void {
  const position = account.positions.get(market.asset) ?? {
    szi: 0n,
    entry: 0n,
    raw: 0n,
    fundingSinceOpen: 0n,
    fundingSinceChange: 0n,
  };
  const { cross, value } = leverageOf(account, market);
  const paid = delta * px;
  if (cross) account.usd -= paid;
  else {
    // What the price is worse than the mark comes out of the cross account too: no position begins under water.
    const margin = initial(abs(paid), value) + most(0n, delta * (px - market.mark));
    account.usd -= margin;
    position.raw += margin - paid;
  }
  position.szi += delta;
  position.entry += abs(paid);
  position.fundingSinceChange = 0n;
  account.positions.set(market.asset, position);
}

/** Closes `delta` of a position, fee included; what an isolated part sets free goes back to the cross account. */
function reduce(account: Account, market: PerpMarket, delta: bigint, px: bigint, fee: bigint): bigint {
  const position = account.positions.get(market.asset);
  if (position === undefined) return 0n;
  const before = { szi: position.szi, equity: isolatedEquity(market, position) };
  const got = -delta * px;
  const entered = (position.entry * abs(delta)) / abs(position.szi);
  const pnl = position.szi > 0n ? got - entered : got + entered;
  position.szi += delta;
  position.entry -= entered;
  position.fundingSinceChange = 0n;
  if (leverageOf(account, market).cross) account.usd += got - fee;
  else {
    position.raw += got - fee;
    const release = position.szi === 0n ? position.raw : freed(market, position, before);
    position.raw -= release;
    account.usd += release;
  }
  if (position.szi === 0n) account.positions.delete(market.asset);
  return pnl;
}

/** What is above the part of the margin that the rest of the position keeps. */
function freed(market: PerpMarket, position: Position, before: { readonly szi: bigint; readonly equity: bigint }): bigint {
  const kept = divCeil(most(0n, before.equity) * abs(position.szi), abs(before.szi));
  return most(0n, position.raw - (kept - position.szi * market.mark));
}

function direction(start: bigint, after: bigint): string {
  if (start > 0n && after < 0n) return "Long > Short";
  if (start < 0n && after > 0n) return "Short > Long";
  if (start > 0n || (start === 0n && after > 0n)) return abs(after) > abs(start) ? "Open Long" : "Close Long";
  return abs(after) > abs(start) ? "Open Short" : "Close Short";
}

/** Swaps base and quote of a spot trade between two accounts, before fees. `paid` and `base` in wei. */
export function applySpotTrade(buyer: Account, seller: Account, market: SpotMarket, base: bigint, paid: bigint): bigint {
  const [bought, sold] = [spotOf(buyer, market.base), spotOf(seller, market.base)];
  spotOf(buyer, market.quote).total -= paid;
  spotOf(seller, market.quote).total += paid;
  const cost = sold.total === 0n ? 0n : (sold.entry * least(base, sold.total)) / sold.total;
  sold.total -= base;
  sold.entry -= cost;
  bought.total += base;
  bought.entry += paid;
  return cost;
}

/** Takes a fee of a spot token's wei to the exchange. */
export function takeSpotFee(state: State, account: Account, token: number, fee: bigint): void {
  spotOf(account, token).total -= fee;
  state.earned.spot.set(token, (state.earned.spot.get(token) ?? 0n) + fee);
}
