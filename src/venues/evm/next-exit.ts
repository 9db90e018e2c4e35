import { BPS, type Decimal, decimal, max, ONE, roundDown, roundUp, sum, ZERO } from "../../core/decimal.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AssetId, assetId, splitAssetId } from "../../protocols/effects.ts";
import { isPositionSymbol } from "../../protocols/uniswap-v3/position.ts";
import type { SeenHolding } from "../venue.ts";
import type { EvmIntent, EvmSwap } from "./intents.ts";
import type { EvmObservation, SeenPosition, SeenVault } from "./observation.ts";

/** One step of the way home: liquidity or shares into what they hold, or a lot of a token for the numeraire. */
export interface ExitLot {
  /** What it makes less of. */
  readonly asset: AssetId;
  readonly intent: EvmSwap | Extract<EvmIntent, { kind: "lp_close" | "vault_redeem" }>;
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
 * The next step for the numeraire, the most valuable holding first: positions and shares are turned into what they hold,
 * and what they hold is sold, in equal lots each within a single trade. Null: nothing is left that has a price and a way
 * out. A price that is too old or off its peg is taken at its last word.
 */
export function nextExit(terms: Terms, seen: EvmObservation, rules: ExitRules): ExitLot | null {
  const cash = cashOf(terms);
  const cashPrice = cash && priceOf(seen, cash);
  if (!cash || !cashPrice) return null;
  const lots = seen.holdings.flatMap((held): readonly (ExitLot & { readonly worth: Decimal })[] => {
    const price = priceOf(seen, held.asset);
    if (!price || held.amount.isZero() || rules.leave.has(held.asset)) return [];
    const lot = lotOf(terms, seen, held, { price, cash, cashPrice, floorBps: rules.floorBps });
    return lot ? [{ ...lot, worth: held.amount.times(price) }] : [];
  });
  const [lot] = lots.toSorted((a, b) => b.worth.cmp(a.worth));
  return lot ? { asset: lot.asset, intent: lot.intent, value_usd: lot.value_usd } : null;
}

/** Worth the gas of collecting it, in USD: anybody can send positions that are owed a crumb. */
const WORTH_COLLECTING = decimal(10);

/** Positions without liquidity that are owed something still, at last words. */
export function emptyButOwed(seen: EvmObservation): readonly SeenPosition[] {
  return seen.positions.filter(({ own, owed }) => {
    const worth = sum(owed.map(({ asset, amount }) => amount.times(priceOf(seen, asset) ?? ZERO)));
    return own.liquidity === 0n && worth.gte(WORTH_COLLECTING);
  });
}

/** What is held beside the numeraire and no exit can be made of, and why. */
export function stuckHoldings(terms: Terms, seen: EvmObservation): readonly { readonly asset: AssetId; readonly why: string }[] {
  const cash = cashOf(terms);
  const cashPrice = cash && priceOf(seen, cash);
  return seen.holdings.flatMap((held) => {
    const { asset, amount, role } = held;
    const { chain, symbol } = splitAssetId(asset);
    const stays = role === "gas" || role === "numeraire" || terms.book.chains[chain]?.native.symbol === symbol;
    if (stays || amount.isZero()) return [];
    const price = priceOf(seen, asset);
    if (!price) return [{ asset, why: `${reasonOf(seen, asset)}: without a price nothing bounds what its exit would cost` }];
    const way = cash && cashPrice ? lotOf(terms, seen, held, { price, cash, cashPrice, floorBps: ZERO }) : null;
    return way ? [] : [{ asset, why: "nothing in the book turns it into the numeraire now" }];
  });
}

function reasonOf({ prices }: EvmObservation, asset: AssetId): string {
  const known = prices[asset];
  return known && "reason" in known ? known.reason : "its price is not known";
}

interface Prices {
  readonly price: Decimal;
  readonly cash: AssetId;
  readonly cashPrice: Decimal;
  readonly floorBps: Decimal;
}

function lotOf(terms: Terms, seen: EvmObservation, held: SeenHolding, prices: Prices): ExitLot | null {
  const { account, asset, amount } = held;
  const worth = amount.times(prices.price);
  const position = seen.positions.find((one) => one.asset === asset);
  if (position) {
    const share = shareOf(terms, position, worth);
    const part = share.eq(ONE) ? {} : { share };
    const intent = { kind: "lp_close" as const, account, position: asset, slippage_bps: prices.floorBps, ...part };
    return { asset, intent, value_usd: worth.times(share) };
  }
  const vault = seen.vaults.find((one) => one.asset === asset && one.account === account);
  if (vault)
    return redeems(vault)
      ? { asset, intent: { kind: "vault_redeem", account, vault: asset, amount: "all" }, value_usd: worth }
      : null;
  if (!sells(seen, held, prices.cash)) return null;
  const lots = lotsOf(terms, splitAssetId(asset).symbol, amount, worth);
  const sold = lots.eq(ONE) ? amount : roundDown(amount.div(lots), held.decimals);
  if (sold.isZero()) return null;
  const value_usd = sold.times(prices.price);
  const floor = roundUp(max(ZERO, value_usd.times(ONE.minus(prices.floorBps.div(BPS)))).div(prices.cashPrice), 36);
  return { asset, value_usd, intent: { kind: "swap", account, sell: asset, buy: prices.cash, amount: sold, floor } };
}

/**
 * The numeraire's share of what can be brought home, at last words: the portfolio without the native coin, which pays for
 * the way. Null: something that is held has no price, or a chain of the book was not seen.
 */
export function cashShare({ book }: Pick<Terms, "book">, seen: EvmObservation): Decimal | null {
  if (Object.keys(book.chains).some((chain) => !Object.hasOwn(seen.blocks, chain))) return null;
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

/** A vault that pays nothing now keeps its shares where they are. */
function redeems({ redeemable }: SeenVault): boolean {
  return redeemable.gt(0);
}

/** The native coin stays: it pays for the way. */
function sells({ pools }: EvmObservation, { asset, role }: SeenHolding, cash: AssetId): boolean {
  if (asset === cash || role === "gas" || isPositionSymbol(splitAssetId(asset).symbol)) return false;
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

/** How many equal lots it leaves in, so that no crumb is left that is too small to be an exit. */
function lotsOf({ limits }: Terms, symbol: string, amount: Decimal, worth: Decimal): Decimal {
  const most = limits.max_single_trade_usd;
  const byValue = most === "unlimited" || most.isZero() ? ONE : worth.times(ROOM).div(most).ceil();
  const units = limits.max_single_trade[symbol];
  const byUnits = units === undefined || units.isZero() ? ONE : amount.div(units).ceil();
  return max(ONE, byValue, byUnits);
}

/** The share of a position that leaves at once: within a single trade, of each of its tokens too. */
function shareOf(terms: Terms, { holds, owed }: SeenPosition, worth: Decimal): Decimal {
  const lots = holds.map(({ asset, amount }, i) => {
    const waiting = owed[i]?.amount ?? ZERO;
    return lotsOf(terms, splitAssetId(asset).symbol, amount.plus(waiting), worth);
  });
  return roundDown(ONE.div(max(ONE, ...lots)), 18);
}
