import { Decimal, fromUnits } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { ChainBook } from "../../mandate/book.ts";
import type { AccountId, ChainLabel, NoPrice, Price, Prices } from "../../protocols/effects.ts";
import { type RpcClient, RpcError } from "../../protocols/json-rpc.ts";
import { withLastWords } from "../../protocols/last-words.ts";
import { contents, flowsOf, marketOf, type OwnPosition, positionAsset } from "../../protocols/uniswap-v3/position.ts";
import { pricesOfPositions } from "../../protocols/uniswap-v3/price-positions.ts";
import { readPositions } from "../../protocols/uniswap-v3/read-positions.ts";
import { sqrtRatioAtTick } from "../../protocols/uniswap-v3/tick-math.ts";
import type { SeenPool, SeenPosition } from "./observation.ts";
import { priceAtRatio } from "./price-range.ts";

/** Far more than any liquidity has. */
const DIGITS = 24;

export interface PositionsView {
  readonly positions: readonly SeenPosition[];
  /** What a unit of each position's liquidity is worth, fees included; at last words where a source is silent. */
  readonly prices: Prices;
  readonly unknowns: readonly string[];
}

/** The own accounts' liquidity positions in pools of the book at a block. Others may be anybody's gift: left out. */
export async function observePositions(
  rpc: RpcClient,
  {
    chain,
    book,
    accounts,
    block,
    prices,
    pools,
    at,
  }: {
    readonly chain: ChainLabel;
    readonly book: ChainBook;
    readonly accounts: Readonly<Record<AccountId, Address>>;
    readonly block: string;
    readonly prices: Prices;
    readonly pools: readonly (SeenPool | string)[];
    readonly at: number;
  },
): Promise<PositionsView> {
  const own = await positionsOrNull(rpc, { chain, book, accounts, block });
  if (own === null) return { positions: [], prices: {}, unknowns: [`the liquidity positions on ${chain} cannot be read`] };
  const spoken = withLastWords(prices);
  const positions = own.flatMap((position) => seenPosition(chain, book, spoken, pools, position));
  const held = positions.map((position) => position.own);
  const [now, last] = [prices, spoken].map((known) => pricesOfPositions(chain, book, known, held, at));
  const valued = positions.map(({ asset }) => [asset, priceOr(now?.[asset], last?.[asset])] as const);
  return {
    positions,
    prices: Object.fromEntries(valued.flatMap(([asset, price]) => (price ? [[asset, price]] : []))),
    unknowns: [],
  };
}

/** The price; where there is none, why, with what last words make of it. A quotient is told with {@link DIGITS}. */
function priceOr(price: Price | NoPrice | undefined, last: Price | NoPrice | undefined): Price | NoPrice | undefined {
  if (price && "usd" in price) return { ...price, usd: price.usd.toSignificantDigits(DIGITS) };
  if (!price || !last || !("usd" in last)) return price;
  return { ...price, last_usd: last.usd.toSignificantDigits(DIGITS) };
}

async function positionsOrNull(
  rpc: RpcClient,
  { chain, book, accounts, block }: Parameters<typeof readPositions>[1],
): Promise<readonly OwnPosition[] | null> {
  try {
    return await readPositions(rpc, { chain, book, accounts, block });
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode !== null) return null;
    throw error;
  }
}

function seenPosition(
  chain: ChainLabel,
  book: ChainBook,
  prices: Prices,
  pools: readonly (SeenPool | string)[],
  own: OwnPosition,
): readonly SeenPosition[] {
  const market = marketOf(chain, book, own);
  const pool = pools.find((one) => typeof one !== "string" && one.label === market?.pool);
  const [lowest, highest] = [sqrtRatioAtTick(own.tickLower), sqrtRatioAtTick(own.tickUpper)];
  if (!market || pool === undefined || typeof pool === "string" || lowest === undefined || highest === undefined) return [];
  if (own.liquidity === 0n && own.owed0 === 0n && own.owed1 === 0n) return [];
  const ends = [priceAtRatio(pool, lowest), priceAtRatio(pool, highest)] as const;
  return [
    {
      chain,
      asset: positionAsset(chain, own),
      account: own.owner,
      pool: market.pool,
      own,
      lower: Decimal.min(...ends),
      upper: Decimal.max(...ends),
      in_range: pool.ratio >= lowest && pool.ratio < highest,
      holds: contents(market, prices, own.owner, own.liquidity, own) ?? [],
      owed: flowsOf(market, own.owner, own.owed0, own.owed1),
    },
  ];
}

/** Liquidity as a holding counts it: in units, without decimals. */
export function liquidityOf({ own }: SeenPosition): Decimal {
  return fromUnits(own.liquidity, 0);
}
