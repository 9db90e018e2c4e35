import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import { type Clock, type Instant, SECOND } from "../../core/clock.ts";
import { type Decimal, decimal, fromUnits, min, ratio, sum, ZERO } from "../../core/decimal.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import type { ChainBook, PoolEntry } from "../../mandate/book.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AccountId, type AssetId, assetId, type ChainLabel, type Prices } from "../../protocols/effects.ts";
import { encodeAllowance, encodeBalanceOf } from "../../protocols/erc20.ts";
import { ifDecodable } from "../../protocols/if-decodable.ts";
import { type RpcClient, RpcError } from "../../protocols/json-rpc.ts";
import { readPrices } from "../../protocols/prices.ts";
import { poolAbi } from "../../protocols/uniswap-v3/abi.ts";
import { wordsOf } from "../../protocols/words.ts";
import type { LiveAllowance, SeenHolding } from "../venue.ts";
import { evmFacts } from "./facts.ts";
import type { EvmObservation, PoolToken, SeenBlock, SeenPool, SeenPosition, SeenVault } from "./observation.ts";
import { liquidityOf, observePositions } from "./observe-positions.ts";
import { observeVaults } from "./observe-vaults.ts";
import { poolDepth, poolMid } from "./pool-math.ts";

export interface ObserveParameters {
  readonly terms: Terms;
  readonly rpcs: Readonly<Record<ChainLabel, RpcClient>>;
  readonly clock: Clock;
}

/** What one chain shows, before it is valued. */
interface ChainView {
  readonly chain: ChainLabel;
  readonly block: SeenBlock;
  readonly prices: Prices;
  readonly balances: readonly { account: AccountId; asset: AssetId; decimals: number; amount: Decimal | null }[];
  readonly allowances: readonly { account: AccountId; asset: AssetId; spender: Address; amount: Decimal | null }[];
  readonly pools: readonly (SeenPool | string)[];
  readonly positions: readonly SeenPosition[];
  readonly vaults: readonly SeenVault[];
  readonly unknowns: readonly string[];
}

/** Reads everything of the book that an agent may want to know, each chain at one block. */
export async function observeEvm({ terms, rpcs, clock }: ObserveParameters): Promise<EvmObservation> {
  const now = await clock.now();
  const silent = new Map<ChainLabel, unknown>();
  const read = Object.entries(terms.book.chains).map(async ([chain, book]) => {
    const rpc = rpcs[chain];
    if (!rpc) return [];
    try {
      return [await readChain(terms, chain, book, rpc, now)];
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      silent.set(chain, error);
      return [];
    }
  });
  const views = (await Promise.all(read)).flat();
  const [failure] = silent.values();
  // What is on the others can be seen and go home; where there are none, there is nothing to see.
  if (views.length === 0 && failure !== undefined) throw failure;
  const prices: Prices = Object.fromEntries(views.flatMap((view) => Object.entries(view.prices)));
  const pools = views.flatMap((view) => view.pools.filter((pool) => typeof pool !== "string"));
  const unknowns = unknownsOf(terms, views, prices);
  const allowances: LiveAllowance[] = views.flatMap((view) =>
    view.allowances.flatMap(({ amount, ...rest }) => (amount?.gt(ZERO) ? [{ ...rest, amount }] : [])),
  );
  const holdings = weigh(
    views.flatMap((view) => [
      ...view.balances.flatMap((balance) => seenHolding(terms, balance, prices)),
      ...view.positions.flatMap((position) => positionHolding(position, prices)),
    ]),
  );
  const counts = (asset: AssetId) => ["numeraire", "allowed"].includes(roleOf(terms, asset, ZERO) ?? "none");
  const unreadable =
    silent.size > 0 ||
    views.some((view) => view.unknowns.length > 0 || view.balances.some(({ amount, asset }) => amount === null && counts(asset)));
  const seen = {
    at: Math.max(now, ...views.map((view) => view.block.at)),
    blocks: Object.fromEntries(views.map((view) => [view.chain, view.block])),
    value_usd: unreadable ? null : holdings.value_usd,
    holdings: holdings.holdings,
    allowances,
    unknowns,
    prices,
    pools: pools.map((pool) => ({ ...pool, depth_usd: depthUsd(pool, prices) })),
    positions: views.flatMap((view) => view.positions),
    vaults: views.flatMap((view) => view.vaults),
  };
  return { ...seen, facts: evmFacts(seen) };
}

async function readChain(terms: Terms, chain: ChainLabel, book: ChainBook, rpc: RpcClient, now: Instant): Promise<ChainView> {
  const raw = await rpc.request<{ number: Hex; hash: Hex; timestamp: Hex; baseFeePerGas?: Hex }>("eth_getBlockByNumber", [
    "latest",
    false,
  ]);
  const block = {
    number: BigInt(raw.number),
    hash: raw.hash,
    at: Number(BigInt(raw.timestamp)) * SECOND,
    baseFee: BigInt(raw.baseFeePerGas ?? "0x0"),
  };
  const call = (to: Address, data: Hex) => answerOrNull(rpc.request<Hex>("eth_call", [{ to, data }, raw.number]));
  const accounts = Object.entries(terms.accounts);
  const assets = Object.entries(book.assets);
  const vaultAssets = assets.flatMap(([, asset]) => (asset.kind === "erc4626" ? [asset] : []));
  const spenders = [...new Set([...Object.values(book.contracts), ...vaultAssets].map(({ address }) => lower(address)))];
  const [prices, native, tokens, allowances, pools] = await Promise.all([
    readPrices(rpc, chain, book, raw.number, Math.max(now, block.at)),
    Promise.all(
      accounts.map(async ([account, owner]) => ({
        account,
        asset: assetId(chain, book.native.symbol),
        decimals: 18,
        amount: units(await answerOrNull(rpc.request<Hex>("eth_getBalance", [owner, raw.number])), 18),
      })),
    ),
    Promise.all(
      accounts.flatMap(([account, owner]) =>
        assets.map(async ([symbol, { address, decimals }]) => ({
          account,
          asset: assetId(chain, symbol),
          decimals,
          amount: units(await call(address, encodeBalanceOf(owner)), decimals),
        })),
      ),
    ),
    Promise.all(
      accounts.flatMap(([account, owner]) =>
        assets.flatMap(([symbol, { address, decimals }]) =>
          spenders.map(async (spender) => ({
            account,
            asset: assetId(chain, symbol),
            spender,
            amount: units(await call(address, encodeAllowance(owner, spender)), decimals),
          })),
        ),
      ),
    ),
    Promise.all(Object.entries(book.pools).map(([label, pool]) => readPool(chain, label, pool, book, call))),
  ]);
  const own = { chain, book, accounts: terms.accounts };
  const [liquidity, vaults] = await Promise.all([
    observePositions(rpc, { ...own, block: raw.number, prices, pools, at: block.at }),
    observeVaults(call, { ...own, balances: tokens }),
  ]);
  return {
    chain,
    block,
    prices: { ...prices, ...liquidity.prices },
    balances: [...native, ...tokens],
    allowances,
    pools,
    positions: liquidity.positions,
    vaults,
    unknowns: liquidity.unknowns,
  };
}

/** The pool, or its label when it does not answer as one. */
async function readPool(
  chain: ChainLabel,
  label: string,
  pool: PoolEntry,
  book: ChainBook,
  call: (to: Address, data: Hex) => Promise<Hex | null>,
): Promise<SeenPool | string> {
  const sides = pool.tokens.flatMap((symbol): PoolToken[] => {
    const asset = book.assets[symbol];
    return asset ? [{ symbol, address: lower(asset.address), decimals: asset.decimals }] : [];
  });
  const [token0, token1] = sides.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const [slot0, liquidity, spacing] = await Promise.all(
    [slot0Call, liquidityCall, spacingCall].map((data) => call(pool.address, data)),
  );
  if (!token0 || !token1 || !slot0 || !liquidity) return label;
  const state = ifDecodable(() => {
    const [price] = decodeFunctionResult({ abi: poolAbi, functionName: "slot0", data: slot0 });
    return { price, inRange: decodeFunctionResult({ abi: poolAbi, functionName: "liquidity", data: liquidity }) };
  });
  if (!state || state.price === 0n) return label;
  const read = {
    chain,
    label,
    address: lower(pool.address),
    fee: pool.fee,
    token0,
    token1,
    sqrtPrice: decimal(state.price).div(TWO_96),
    liquidity: decimal(state.inRange),
    ratio: state.price,
    tickSpacing: tickSpacingIn(spacing ?? null),
    base: pool.tokens[0],
  };
  return { ...read, mid: poolMid(read, pool.tokens[0]), depth_usd: null };
}

/** Null: the pool does not say. */
function tickSpacingIn(answer: Hex | null): number | null {
  const [word] = (answer && wordsOf(answer, 1)) ?? [];
  return word === undefined ? null : Number(word);
}

const slot0Call = encodeFunctionData({ abi: poolAbi, functionName: "slot0" });
const liquidityCall = encodeFunctionData({ abi: poolAbi, functionName: "liquidity" });
const spacingCall = encodeFunctionData({ abi: poolAbi, functionName: "tickSpacing" });
const TWO_96 = decimal(2n ** 96n);

function seenHolding(terms: Terms, balance: ChainView["balances"][number], prices: Prices): SeenHolding[] {
  const { account, asset, decimals, amount } = balance;
  const role = amount && roleOf(terms, asset, amount);
  if (!amount || !role) return [];
  const price = prices[asset];
  const known = price && "usd" in price ? price : null;
  const price_usd = known?.usd ?? null;
  const value_usd = amount.isZero() ? ZERO : (price_usd?.times(amount) ?? null);
  return [{ account, asset, amount, decimals, price_usd, price_at: known?.at ?? null, value_usd, weight: null, role }];
}

/** A position counts as what it holds, with what it is owed; one without liquidity has no price by the unit. */
function positionHolding(position: SeenPosition, prices: Prices): SeenHolding[] {
  const { account, asset } = position;
  const amount = liquidityOf(position);
  if (amount.isZero()) return [];
  const price = prices[asset];
  const known = price && "usd" in price ? price : null;
  const value_usd = known?.usd.times(amount) ?? null;
  const rest = { decimals: 0, weight: null, role: "allowed" as const };
  return [{ account, asset, amount, price_usd: known?.usd ?? null, price_at: known?.at ?? null, value_usd, ...rest }];
}

/** Null: nothing of it is held and the mandate wants none. */
function roleOf(terms: Terms, asset: AssetId, amount: Decimal): SeenHolding["role"] | null {
  const [chain = "", symbol = ""] = asset.split("/");
  if (symbol === terms.numeraire) return "numeraire";
  if (terms.limits.allowed_tokens.includes(symbol)) return "allowed";
  if (symbol === terms.book.chains[chain]?.native.symbol) return "gas";
  return amount.isZero() ? null : "exit";
}

function weigh(holdings: readonly SeenHolding[]): { holdings: readonly SeenHolding[]; value_usd: Decimal | null } {
  const counted = holdings.filter(({ role }) => role !== "gas");
  const values = counted.flatMap(({ value_usd }) => (value_usd ? [value_usd] : []));
  if (values.length < counted.length) return { holdings, value_usd: null };
  const value_usd = sum(values);
  const weight = (held: SeenHolding) =>
    held.role === "gas" || held.value_usd === null || value_usd.isZero() ? null : ratio(held.value_usd, value_usd);
  return { holdings: holdings.map((held) => ({ ...held, weight: weight(held) })), value_usd };
}

function depthUsd(pool: SeenPool, prices: Prices): Decimal | null {
  const depth = poolDepth(pool);
  const usd = (symbol: string, amount: Decimal) => {
    const price = prices[assetId(pool.chain, symbol)];
    return price && "usd" in price ? price.usd.times(amount) : null;
  };
  const [zero, one] = [usd(pool.token0.symbol, depth.token0), usd(pool.token1.symbol, depth.token1)];
  return zero && one ? min(zero, one) : null;
}

function unknownsOf(terms: Terms, views: readonly ChainView[], prices: Prices): string[] {
  const unread = views.flatMap((view) => [
    ...view.unknowns,
    ...view.balances
      .filter(({ amount }) => amount === null)
      .map(({ account, asset }) => `the balance of ${asset} in ${account} cannot be read`),
    ...view.allowances
      .filter(({ amount }) => amount === null)
      .map(({ asset, spender }) => `the allowance of ${asset} to ${spender} cannot be read`),
    ...view.pools
      .filter((pool) => typeof pool === "string")
      .map((label) => `pool ${label} on ${view.chain} does not answer as a pool`),
  ]);
  const held = new Set(views.flatMap((view) => view.balances.filter(({ amount }) => amount?.gt(ZERO)).map(({ asset }) => asset)));
  const wanted = (asset: AssetId) => held.has(asset) || roleOf(terms, asset, ZERO) !== null;
  const unpriced = Object.entries(prices).flatMap(([asset, price]) =>
    "missing" in price && wanted(asset as AssetId) ? [`no price for ${asset}: ${price.reason}`] : [],
  );
  const lost = Object.keys(terms.book.chains).filter((chain) => !views.some((view) => view.chain === chain));
  return [...unread, ...unpriced, ...lost.map((chain) => `chain ${chain} has no endpoint that answers`)];
}

/** Null where the node answered with an error; no answer at all is the caller's problem. */
async function answerOrNull(answer: Promise<Hex>): Promise<Hex | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode !== null) return null;
    throw error;
  }
}

function units(answer: Hex | null, decimals: number): Decimal | null {
  return answer === null || answer === "0x" ? null : fromUnits(BigInt(answer.slice(0, 66)), decimals);
}
