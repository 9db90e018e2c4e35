import { BPS, Decimal, fromUnits } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import { type AccountId, type AssetId, assetId, type ChainLabel, type Prices } from "../effects.ts";
import { assetAt, poolOf } from "../meaning.ts";
import type { BookView, Flow } from "../protocol.ts";
import { amountsOf, sqrtRatioAtTick, squareRoot } from "./tick-math.ts";

/** A liquidity position of an own account, in base units, as the chain has it at a block. */
export interface OwnPosition {
  readonly id: bigint;
  /** The book's label of the contract that holds it. */
  readonly manager: string;
  readonly owner: AccountId;
  readonly token0: Address;
  readonly token1: Address;
  /** In hundredths of a basis point. */
  readonly fee: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidity: bigint;
  /** What can be collected now, uncounted fees included. */
  readonly owed0: bigint;
  readonly owed1: bigint;
}

const TWO_TO_192 = new Decimal(2).pow(192);

/** A pool of the book with its tokens in the pool's own order. */
export interface Market {
  readonly pool: string;
  readonly token0: { readonly id: AssetId; readonly decimals: number };
  readonly token1: { readonly id: AssetId; readonly decimals: number };
}

/** The accounts that stand for what positions hold: their liquidity, and what waits to be collected. */
export function liquidityAccount(manager: string): AccountId {
  return manager;
}
export function owedAccount(manager: string): AccountId {
  return `${manager}.owed`;
}

/**
 * How many units of a position are held: its liquidity, or one where it has none and is owed something still, so that nothing
 * can be kept out of what the wallet is worth by leaving it there.
 */
export function unitsHeld({ liquidity, owed0, owed1 }: Pick<OwnPosition, "liquidity" | "owed0" | "owed1">): bigint {
  return liquidity === 0n && owed0 + owed1 > 0n ? 1n : liquidity;
}

/** A position as the journal counts it, in {@link unitsHeld}. "base/lp:positions:1042". */
export function positionAsset(chain: ChainLabel, { manager, id }: Pick<OwnPosition, "manager" | "id">): AssetId {
  return assetId(chain, `lp:${manager}:${id}`);
}

/** Whether an asset's symbol is that of a position. */
export function isPositionSymbol(symbol: string): boolean {
  return symbol.startsWith("lp:");
}

/** The book's pool for two tokens and a fee. Undefined: there is none, or the tokens are not in the pool's order. */
export function marketOf(
  chain: ChainLabel,
  book: BookView,
  { token0, token1, fee }: Pick<OwnPosition, "token0" | "token1" | "fee">,
): Market | undefined {
  const [one, other] = [assetAt(chain, book, token0), assetAt(chain, book, token1)];
  const pool = one && other && poolOf(book, one.symbol, other.symbol, fee);
  if (!one || !other || pool === undefined || BigInt(lower(token0)) >= BigInt(lower(token1))) return undefined;
  return { pool, token0: one, token1: other };
}

/** The square root of a pool's price at which its tokens would trade at pinned prices, in units of 2^96. */
export function pinnedRatio({ token0, token1 }: Market, prices: Prices): bigint | undefined {
  const [one, other] = [prices[token0.id], prices[token1.id]];
  if (!one || !other || !("usd" in one) || !("usd" in other) || one.usd.lte(0) || other.usd.lte(0)) return undefined;
  const scale = fromUnits(1n, token0.decimals - token1.decimals);
  const price = one.usd.times(scale).div(other.usd);
  const ratio = squareRoot(BigInt(price.times(TWO_TO_192).toFixed(0, Decimal.ROUND_DOWN)));
  return ratio === 0n ? undefined : ratio;
}

/** How far a pool stands off the pinned price, in basis points. Null: there is no pinned price. */
export function distanceBps(market: Market, prices: Prices, poolRatio: bigint): Decimal | null {
  return offsetBps(market, prices, poolRatio)?.abs() ?? null;
}

/** The same, signed: above 0 the pool's first token is dearer there than at pinned prices. */
export function offsetBps(market: Market, prices: Prices, poolRatio: bigint): Decimal | null {
  const pinned = pinnedRatio(market, prices);
  return pinned === undefined ? null : offsetFrom(pinned, poolRatio);
}

/** See {@link offsetBps}. @param pinned - of {@link pinnedRatio}. */
export function offsetFrom(pinned: bigint, poolRatio: bigint): Decimal {
  const quotient = fromUnits(poolRatio, 0).div(fromUnits(pinned, 0));
  return quotient.times(quotient).minus(1).times(BPS);
}

/**
 * What liquidity of a range would hold at the pinned price, as flows of the account that stands for it. Never what the
 * pool's own price says, which anybody can move. Undefined: no price, or no such range.
 */
export function contents(
  market: Market,
  prices: Prices,
  account: AccountId,
  liquidity: bigint,
  { tickLower, tickUpper }: Pick<OwnPosition, "tickLower" | "tickUpper">,
): readonly Flow[] | undefined {
  const [price, lowest, highest] = [pinnedRatio(market, prices), sqrtRatioAtTick(tickLower), sqrtRatioAtTick(tickUpper)];
  if (price === undefined || lowest === undefined || highest === undefined || lowest >= highest) return undefined;
  const [amount0, amount1] = amountsOf(liquidity, { price, lower: lowest, upper: highest });
  return flowsOf(market, account, amount0, amount1);
}

/** Base units of a market's two tokens as flows of an account. */
export function flowsOf({ token0, token1 }: Market, account: AccountId, units0: bigint, units1: bigint): readonly Flow[] {
  return [
    { account, asset: token0.id, amount: fromUnits(units0, token0.decimals) },
    { account, asset: token1.id, amount: fromUnits(units1, token1.decimals) },
  ];
}

/** All that positions hold at pinned prices, liquidity and what is owed. Those that no price can be had for are left out. */
export function holdingsOf(
  chain: ChainLabel,
  book: BookView,
  prices: Prices,
  positions: readonly OwnPosition[],
): readonly Flow[] {
  const totals = new Map<string, Flow>();
  for (const position of positions) {
    const market = marketOf(chain, book, position);
    const inside = market && contents(market, prices, liquidityAccount(position.manager), position.liquidity, position);
    if (!market || !inside) continue;
    const owed = flowsOf(market, owedAccount(position.manager), position.owed0, position.owed1);
    for (const flow of [...inside, ...owed]) {
      const key = `${flow.account} ${flow.asset}`;
      const known = totals.get(key);
      totals.set(key, known ? { ...known, amount: known.amount.plus(flow.amount) } : flow);
    }
  }
  return [...totals.values()];
}
