import { Decimal, decimal, ONE } from "../../core/decimal.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AccountId, type AssetId, assetId, type EvmCall, splitAssetId } from "../../protocols/effects.ts";
import { encodeApprove } from "../../protocols/erc20.ts";
import { withLastWords } from "../../protocols/last-words.ts";
import {
  burnData,
  collectData,
  decreaseData,
  increaseData,
  mintData,
  positionsCall,
} from "../../protocols/uniswap-v3/encode-positions.ts";
import { pinnedRatio } from "../../protocols/uniswap-v3/position.ts";
import { IntentError } from "../venue.ts";
import { exactApproval } from "./exact-approval.ts";
import type { LiquidityIntent } from "./intents.ts";
import { type Amounts, closingFloors, type Scene, supplyOf } from "./liquidity-floors.ts";
import { chainOf, deadlineOf, heldOf, lastPrice, type Owner, pinnedPrice } from "./named.ts";
import type { EvmObservation, SeenPool, SeenPosition } from "./observation.ts";
import { tickRange } from "./price-range.ts";

interface With {
  readonly terms: Terms;
  readonly slippageBps: Decimal;
  readonly from: Owner;
}

type Calls = { readonly chain: string; readonly calls: readonly [EvmCall, ...EvmCall[]] };

/**
 * The bytes of a liquidity intent. What goes in brings its exact approvals and ends them; what comes out is one call that
 * decreases, collects all, and burns an empty position. Both minimums are set, and what they guarantee is worth, at
 * pinned prices, what is given less the slippage.
 *
 * @throws {IntentError}
 */
export function compileLiquidity(intent: LiquidityIntent, seen: EvmObservation, parameters: With): Calls {
  const { terms, from } = parameters;
  if (intent.kind === "lp_open") {
    const { chain, symbol: label } = splitAssetId(intent.pool);
    const pool = poolNamed(seen, intent.pool);
    const range = rangeOf(intent, seen, pool);
    const manager = Object.values(chainOf(terms, chain).contracts).find(({ kind }) => kind === "uniswap-v3-positions");
    if (!manager) {
      const what = `the book of ${chain} names no contract for positions in ${label}`;
      throw new IntentError("NO_POSITION", what, "Add a contract of kind uniswap-v3-positions.");
    }
    const most = mostOf(intent, seen, pool, range, parameters);
    const data = mintData({ ...sidesOf(pool), ...range, ...most, recipient: from.address, deadline: deadlineOf(terms, seen) });
    return supplying(seen, from.label, { pool, manager: manager.address, most, data });
  }
  const position = positionNamed(seen, intent.position);
  const { own, chain } = position;
  const pool = poolNamed(seen, assetId(chain, position.pool));
  const manager = chainOf(terms, chain).contracts[own.manager]?.address;
  if (manager === undefined)
    throw new IntentError("NO_POSITION", `the book has no ${own.manager}`, "Name a position that is held.");
  const deadline = deadlineOf(terms, seen);
  switch (intent.kind) {
    case "lp_increase": {
      const most = mostOf(intent, seen, pool, own, parameters);
      const data = increaseData({ tokenId: own.id, ...most, deadline });
      return supplying(seen, from.label, { pool, manager, most, data });
    }
    case "lp_collect_fees":
      if (own.owed0 === 0n && own.owed1 === 0n) {
        throw new IntentError("AMOUNT_ZERO", `position ${own.id} is owed nothing`, "Wait until it has earned something.");
      }
      return { chain, calls: [positionsCall(manager, collectData(own.id, from.address))] };
    case "lp_close": {
      const share = intent.share ?? ONE;
      const liquidity = share.eq(ONE) ? own.liquidity : BigInt(decimal(own.liquidity).times(share).floor().toFixed());
      if (liquidity === 0n) {
        throw new IntentError("AMOUNT_ZERO", `position ${own.id} has no such liquidity`, "Collect what it is owed instead.");
      }
      const slippageBps = intent.slippage_bps ?? parameters.slippageBps;
      const least = closingFloors(sceneOf(seen, pool, own, lastPrice), liquidity, slippageBps);
      const burn = liquidity === own.liquidity ? [burnData(own.id)] : [];
      const out = decreaseData({ tokenId: own.id, liquidity, ...least, deadline });
      return { chain, calls: [positionsCall(manager, out, collectData(own.id, from.address), ...burn)] };
    }
  }
}

/** Exact approvals before, and revokes after: a manager takes less than it may. */
function supplying(
  seen: EvmObservation,
  account: AccountId,
  {
    pool,
    manager,
    most,
    data,
  }: { readonly pool: SeenPool; readonly manager: Address; readonly most: Amounts; readonly data: Hex },
): Calls {
  const { chain, token0, token1 } = pool;
  const approval = ({ symbol, address: token, decimals }: SeenPool["token0"], units: bigint) =>
    exactApproval(seen, { account, asset: assetId(chain, symbol), token, decimals, spender: manager }, units);
  const supply = positionsCall(manager, data);
  const ends = [token0, token1].map(({ address }) => encodeApprove(address, manager, 0n));
  const approvals = [...approval(token0, most.amount0Desired), ...approval(token1, most.amount1Desired)];
  const [first = supply, ...rest] = [...approvals, supply, ...ends];
  return { chain, calls: [first, ...rest] };
}

function mostOf(
  intent: Extract<LiquidityIntent, { kind: "lp_open" | "lp_increase" }>,
  seen: EvmObservation,
  pool: SeenPool,
  range: { readonly tickLower: number; readonly tickUpper: number },
  { from, slippageBps }: With,
): Amounts {
  const { amounts, value_usd, slippage_bps } = intent;
  const symbols = [pool.token0.symbol, pool.token1.symbol];
  const foreign = Object.keys(amounts ?? {}).find((symbol) => !symbols.includes(symbol));
  if (foreign !== undefined) {
    throw new IntentError("UNKNOWN_ASSET", `${pool.label} does not hold ${foreign}`, `It holds ${symbols.join(" and ")}.`);
  }
  const most = ({ symbol }: SeenPool["token0"]): Decimal => {
    const held = heldOf(seen, from.label, assetId(pool.chain, symbol));
    const wanted = amounts && Object.hasOwn(amounts, symbol) ? amounts[symbol] : undefined;
    return wanted === undefined || wanted === "all" ? held : Decimal.min(held, wanted);
  };
  return supplyOf(sceneOf(seen, pool, range, pinnedPrice), {
    most0: most(pool.token0),
    most1: most(pool.token1),
    most_usd: value_usd ?? null,
    slippageBps: slippage_bps ?? slippageBps,
  });
}

function sceneOf(
  seen: EvmObservation,
  pool: SeenPool,
  range: { readonly tickLower: number; readonly tickUpper: number },
  price: (seen: EvmObservation, asset: AssetId) => Decimal,
): Scene {
  const ids = [assetId(pool.chain, pool.token0.symbol), assetId(pool.chain, pool.token1.symbol)] as const;
  const [usd0, usd1] = [price(seen, ids[0]), price(seen, ids[1])];
  const market = {
    pool: pool.label,
    token0: { id: ids[0], decimals: pool.token0.decimals },
    token1: { id: ids[1], decimals: pool.token1.decimals },
  };
  const pinned = pinnedRatio(market, withLastWords(seen.prices));
  if (pinned === undefined) throw new IntentError("NO_PRICE", `${pool.label} has no pinned price`, "A floor needs both prices.");
  return { pool, tickLower: range.tickLower, tickUpper: range.tickUpper, pinned, usd0, usd1 };
}

function rangeOf(intent: Extract<LiquidityIntent, { kind: "lp_open" }>, seen: EvmObservation, pool: SeenPool) {
  const [base, quote] = pool.base === pool.token0.symbol ? [pool.token0, pool.token1] : [pool.token1, pool.token0];
  const price = pinnedPrice(seen, assetId(pool.chain, base.symbol)).div(pinnedPrice(seen, assetId(pool.chain, quote.symbol)));
  const each = (intent.range_pct ?? decimal(0)).div(100);
  const range = tickRange(pool, intent.lower ?? price.times(ONE.minus(each)), intent.upper ?? price.times(ONE.plus(each)));
  if (range) return range;
  throw new IntentError("NO_RANGE", `that is no range of prices in ${pool.label}`, "The lower end must be below the upper one.");
}

function sidesOf({ token0, token1, fee }: SeenPool) {
  return { token0: token0.address, token1: token1.address, fee };
}

function poolNamed(seen: EvmObservation, id: AssetId): SeenPool {
  const pool = seen.pools.find(({ chain, label }) => `${chain}/${label}` === id);
  if (pool) return pool;
  const names = seen.pools.map(({ chain, label }) => `${chain}/${label}`).join(", ");
  throw new IntentError("NO_POOL", `${id} is no pool of the mandate's book`, `It has ${names}.`);
}

/** The position that an intent names. */
function positionNamed(seen: Pick<EvmObservation, "positions">, id: AssetId): SeenPosition {
  const position = seen.positions.find(({ asset }) => asset === id);
  if (position) return position;
  const names = seen.positions.map(({ asset }) => asset).join(", ");
  throw new IntentError(
    "NO_POSITION",
    `${id} is no position of the mandate's accounts`,
    names === "" ? "None is held." : `They hold ${names}.`,
  );
}
