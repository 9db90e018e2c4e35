import { InvariantError } from "../../../core/errors.ts";
import { abs, divCeil, divFloor, most } from "./fixed-point.ts";
import { type Account, leverageOf, type PerpMarket, type Position, type State } from "./state.ts";

export function perpOf(state: State, asset: number): PerpMarket {
  const market = state.markets.get(asset);
  if (market?.kind !== "perp") throw new InvariantError(`asset ${asset} is no perpetual`);
  return market;
}

/** Dollars (millionths) that a position of isolated margin, or an account of cross margin, keeps at least. */
export function maintenance(market: PerpMarket, notional: bigint): bigint {
  let tier = market.tiers[0];
  for (const next of market.tiers) if (next.from <= notional) tier = next;
  if (tier === undefined) return notional;
  return divCeil(notional, 2n * tier.leverage) - tier.deduction;
}

/** Dollars that a position of this notional needs to be opened. */
export function initial(notional: bigint, leverage: number): bigint {
  return divCeil(notional, BigInt(leverage));
}

/** The highest leverage that the tiers allow at a notional. */
export function leverageLimit(market: PerpMarket, notional: bigint): number {
  let limit = market.config.maxLeverage;
  for (const { from, shown } of market.tiers) if (from <= notional) limit = shown;
  return limit;
}

/** What an isolated position is worth: its own dollars and the position at the mark. */
export function isolatedEquity(market: PerpMarket, position: Position): bigint {
  return position.raw + position.szi * market.mark;
}

export interface Standing {
  /** The cross account at the marks. */
  readonly equity: bigint;
  /** Initial margin of cross positions. */
  readonly used: bigint;
  /** Margin that resting orders would need. */
  readonly ordered: bigint;
  /** Below this the cross account is liquidated. */
  readonly maintenance: bigint;
  /** Notional of cross positions. */
  readonly notional: bigint;
}

/** How a cross account stands. */
export function standing(state: State, account: Account): Standing {
  let equity = account.usd;
  let used = 0n;
  let keep = 0n;
  let notional = 0n;
  for (const [asset, position] of account.positions) {
    const market = perpOf(state, asset);
    const { cross, value } = leverageOf(account, market);
    if (!cross) continue;
    const signed = position.szi * market.mark;
    equity += signed;
    used += initial(abs(signed), value);
    keep += maintenance(market, abs(signed));
    notional += abs(signed);
  }
  return { equity, used, ordered: orderMargin(state, account), maintenance: keep, notional };
}

/** Cross dollars that are free to open with. */
export function available({ equity, used, ordered }: Standing): bigint {
  return equity - used - ordered;
}

/** Cross dollars that may leave: all above the larger of the initial margin and a tenth of what is open. */
export function withdrawable({ equity, used, ordered, notional }: Standing): bigint {
  return most(0n, equity - most(used + ordered, divCeil(notional, 10n)));
}

function orderMargin(state: State, account: Account): bigint {
  let total = 0n;
  for (const asset of account.exposure.keys()) {
    const market = perpOf(state, asset);
    total += initial(orderedNotional(account, market), leverageOf(account, market).value);
  }
  return total;
}

/** What the resting orders of one market can add to the position on their worse side. */
export function orderedNotional(account: Account, market: PerpMarket): bigint {
  const exposure = account.exposure.get(market.asset);
  if (exposure === undefined) return 0n;
  const szi = account.positions.get(market.asset)?.szi ?? 0n;
  const buys = adding(exposure.buySz, exposure.buyNotional, most(0n, -szi));
  const sells = adding(exposure.sellSz, exposure.sellNotional, most(0n, szi));
  return most(buys, sells);
}

/** The share of orders that is left when they have closed what stands against them. */
export function adding(sz: bigint, notional: bigint, closes: bigint): bigint {
  if (sz <= closes) return 0n;
  return closes === 0n ? notional : divCeil(notional * (sz - closes), sz);
}

/**
 * Whether an account may take a fill of signed size `delta` at `px`: one that adds to a position leaves the initial
 * margin covered at the marks, one that only takes away leaves nothing below zero. `fee` in millionths.
 */
export function canFill(state: State, account: Account, market: PerpMarket, delta: bigint, px: bigint, fee: bigint): boolean {
  const position = account.positions.get(market.asset);
  const szi = position?.szi ?? 0n;
  const after = szi + delta;
  const adds = szi === 0n || szi > 0n === delta > 0n || abs(delta) > abs(szi);
  const now = standing(state, account);
  const { cross, value } = leverageOf(account, market);
  const slip = delta * (market.mark - px) - fee;
  if (cross) {
    const equity = now.equity + slip;
    if (!adds) return equity >= 0n || slip >= 0n;
    const used = now.used - initial(abs(szi * market.mark), value) + initial(abs(after * market.mark), value);
    return equity >= used;
  }
  const own = position === undefined ? 0n : isolatedEquity(market, position);
  if (!adds) return own + slip >= 0n || slip >= 0n;
  const opens = szi !== 0n && szi > 0n !== delta > 0n ? after : delta;
  const returned = szi !== 0n && szi > 0n !== delta > 0n ? own : 0n;
  const needed = initial(abs(opens) * px, value) + most(fee, 0n) + most(0n, -slip - fee);
  return now.equity - now.used + returned >= needed;
}

/** The mark at which a position's account is liquidated, in price units; null where there is none. */
export function liquidationPx(state: State, account: Account, market: PerpMarket, position: Position): bigint | null {
  const signed = position.szi * market.mark;
  const { cross } = leverageOf(account, market);
  const own = maintenance(market, abs(signed));
  const now = cross ? standing(state, account) : null;
  const equity = now === null ? isolatedEquity(market, position) : now.equity;
  const others = now === null ? 0n : now.maintenance - own;
  const tier = market.tiers.findLast(({ from }) => from <= abs(signed)) ?? market.tiers[0];
  if (tier === undefined) return null;
  const twice = 2n * tier.leverage;
  const numerator = twice * (signed + others - tier.deduction - equity);
  const denominator = twice * position.szi - abs(position.szi);
  const px = denominator > 0n ? divFloor(numerator, denominator) : divCeil(numerator, denominator);
  return px > 0n ? px : null;
}

/** The most of a market that an account can trade on one side, in size units, at the mark. */
export function mostSize(state: State, account: Account, market: PerpMarket, isBuy: boolean): bigint {
  const { value } = leverageOf(account, market);
  const szi = account.positions.get(market.asset)?.szi ?? 0n;
  const closes = isBuy ? most(0n, -szi) : most(0n, szi);
  // Closing frees the margin to open as much again on the other side.
  return 2n * closes + (most(0n, available(standing(state, account))) * BigInt(value)) / market.mark;
}
