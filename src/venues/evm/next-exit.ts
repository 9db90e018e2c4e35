import { BPS, type Decimal, decimal, max, ONE, roundDown, roundUp, ZERO } from "../../core/decimal.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AssetId, assetId, splitAssetId } from "../../protocols/effects.ts";
import type { SeenHolding } from "../venue.ts";
import type { EvmSwap } from "./intents.ts";
import type { EvmObservation } from "./observation.ts";

/** One sale on the way home: a lot for the numeraire, with its floor. */
export interface ExitLot {
  readonly intent: EvmSwap;
  /** The lot's worth at the price that the floor was made from, in USD. */
  readonly value_usd: Decimal;
}

export interface ExitRules {
  /** How far below the price the floor stands, in basis points. */
  readonly floorBps: Decimal;
  /** Assets that are left where they are. */
  readonly leave: ReadonlySet<AssetId>;
}

/** How far a price can move between two looks before a lot is no single trade any more. */
const ROOM = decimal("1.01");

/**
 * The next lot to sell for the numeraire, the most valuable holding first: equal lots, each within a single trade. Null:
 * nothing is left that has a price and a pool. A price that is too old or off its peg is taken at its last word.
 */
export function nextExit(terms: Terms, seen: EvmObservation, { floorBps, leave }: ExitRules): ExitLot | null {
  const cash = cashOf(terms);
  const cashPrice = cash && priceOf(seen, cash);
  if (!cash || !cashPrice) return null;
  const lots = seen.holdings.flatMap((held) => {
    const price = priceOf(seen, held.asset);
    if (!price || leave.has(held.asset) || !sells(seen, held, cash)) return [];
    const amount = lotOf(terms, held, price);
    return amount.isZero() ? [] : [{ held, price, amount, worth: held.amount.times(price) }];
  });
  const [lot] = lots.toSorted((a, b) => b.worth.cmp(a.worth));
  if (!lot) return null;
  const { held, price, amount } = lot;
  const value_usd = amount.times(price);
  const floor = roundUp(max(ZERO, value_usd.times(ONE.minus(floorBps.div(BPS)))).div(cashPrice), 36);
  return {
    value_usd,
    intent: { kind: "swap", account: held.account, sell: held.asset, buy: cash, amount, floor },
  };
}

/**
 * The numeraire's share of what can be brought home, at last words: the portfolio without the native coin, which pays for
 * the way. Null: something that is held has no price.
 */
export function cashShare({ book }: Pick<Terms, "book">, seen: EvmObservation): Decimal | null {
  let [cash, all] = [ZERO, ZERO];
  for (const { asset, amount, role } of seen.holdings) {
    const { chain, symbol } = splitAssetId(asset);
    if (role === "gas" || book.chains[chain]?.native.symbol === symbol || amount.isZero()) continue;
    const price = priceOf(seen, asset);
    if (!price) return null;
    const value = amount.times(price);
    all = all.plus(value);
    if (role === "numeraire") cash = cash.plus(value);
  }
  return all.isZero() ? ONE : roundDown(cash.div(all), 6);
}

function cashOf({ book, numeraire }: Terms): AssetId | null {
  const chain = Object.entries(book.chains).find(([, { assets }]) => numeraire in assets)?.[0];
  return chain === undefined ? null : assetId(chain, numeraire);
}

function priceOf({ prices }: EvmObservation, asset: AssetId): Decimal | null {
  const known = prices[asset];
  if (!known) return null;
  return "usd" in known ? known.usd : (known.last_usd ?? null);
}

/** The native coin stays: it pays for the way. */
function sells({ pools }: EvmObservation, { asset, amount, role }: SeenHolding, cash: AssetId): boolean {
  if (amount.isZero() || asset === cash || role === "gas") return false;
  const [own, other] = [splitAssetId(asset), splitAssetId(cash)];
  return pools.some(
    ({ chain, token0, token1, liquidity }) =>
      chain === own.chain &&
      chain === other.chain &&
      !liquidity.isZero() &&
      [token0.symbol, token1.symbol].includes(own.symbol) &&
      [token0.symbol, token1.symbol].includes(other.symbol),
  );
}

/** Equal lots, so that no crumb is left that is too small to be an exit. */
function lotOf({ limits }: Terms, { asset, amount, decimals }: SeenHolding, price: Decimal): Decimal {
  const { symbol } = splitAssetId(asset);
  const most = limits.max_single_trade_usd;
  const byValue = most === "unlimited" || most.isZero() ? ONE : amount.times(price).times(ROOM).div(most).ceil();
  const units = limits.max_single_trade[symbol];
  const byUnits = units === undefined || units.isZero() ? ONE : amount.div(units).ceil();
  const lots = max(ONE, byValue, byUnits);
  return lots.eq(ONE) ? amount : roundDown(amount.div(lots), decimals);
}
