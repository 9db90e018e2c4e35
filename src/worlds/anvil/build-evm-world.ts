import type { Abi } from "viem";
import { decodeFunctionResult, encodeDeployData, encodeFunctionData, getContractAddress } from "viem/utils";
import { decimal, toUnits } from "../../core/decimal.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import { DEPLOYER, TRADER } from "./actors.ts";
import type { Anvil } from "./anvil.ts";
import { multicall3Bytecode, ownArtifact, type PublishedContract, publishedBytecode } from "./artifacts.ts";
import type { EvmAddresses } from "./evm-addresses.ts";
import { sendTransaction } from "./send-transaction.ts";
import { sqrtPriceX96 } from "./sqrt-price.ts";
import {
  FACTORY_ABI,
  FEED_ABI,
  MARKET_ABI,
  POOL_ABI,
  POSITIONS_ABI,
  QUOTER_ABI,
  ROUTER_ABI,
  TOKEN_ABI,
  VAULT_ABI,
  WETH_ABI,
} from "./world-abi.ts";
import {
  FEED_DECIMALS,
  MARKET_HOLDS,
  OBSERVATIONS,
  POOL_NAMES,
  POOLS,
  type PoolName,
  SYMBOLS,
  TICK_SPACING,
  TOKENS,
  type TokenSymbol,
} from "./world-spec.ts";

const HIGHEST_TICK = 887_272;
const UNLIMITED = 2n ** 256n - 1n;
const NO_ADDRESS: Address = "0x0000000000000000000000000000000000000000";

/**
 * Deploys the base state of every EVM world on a fresh chain: tokens, Uniswap v3 with its pools and liquidity, feeds,
 * vault, Multicall3, and the other side of the market. The same steps in the same order: the same addresses always.
 *
 * @throws {PackageFetchError | PackageIntegrityError} when the published contracts cannot be had.
 */
export async function buildEvmWorld(chain: Anvil, cache?: string): Promise<EvmAddresses> {
  for (const { address } of [DEPLOYER, TRADER]) {
    await chain.rpc("anvil_setBalance", [address, `0x${toUnits(decimal("1000000000"), 18).toString(16)}`]);
  }
  const site = new Site(chain, cache);
  const tokens = await deployTokens(site);
  const contracts = await deployContracts(site, tokens);
  const feeds = await deployFeeds(site, contracts.market);
  await handOut(site, tokens, contracts);
  const pools: Partial<Record<PoolName, Address>> = {};
  for (const name of POOL_NAMES) pools[name] = await createPool(site, name, tokens, contracts);
  return { tokens, contracts, feeds, pools: pools as Record<PoolName, Address> };
}

/** The deployer at work: each step is the next nonce. */
class Site {
  readonly #chain: Anvil;
  readonly #cache: string | undefined;
  #nonce = 0;

  constructor(chain: Anvil, cache: string | undefined) {
    this.#chain = chain;
    this.#cache = cache;
  }

  published(contract: PublishedContract): Promise<Hex> {
    return publishedBytecode(contract, this.#cache);
  }

  async deploy(data: Hex): Promise<Address> {
    const address = lower(getContractAddress({ from: DEPLOYER.address, nonce: BigInt(this.#nonce) }));
    await sendTransaction(this.#chain, { from: DEPLOYER, nonce: this.#nonce++, data });
    return address;
  }

  async call(to: Address, data: Hex, value = 0n): Promise<void> {
    await sendTransaction(this.#chain, { from: DEPLOYER, nonce: this.#nonce++, to, data, value });
  }

  async read(to: Address, data: Hex): Promise<Hex> {
    return (await this.#chain.rpc("eth_call", [{ to, data }, "latest"])) as Hex;
  }
}

type Tokens = EvmAddresses["tokens"];
type Contracts = EvmAddresses["contracts"];

async function deployTokens(site: Site): Promise<Tokens> {
  const tokens: Partial<Record<TokenSymbol, Address>> = {};
  const { bytecode } = await ownArtifact("TestToken");
  for (const symbol of SYMBOLS) {
    const { name, decimals } = TOKENS[symbol];
    const args = [name, symbol, decimals] as const;
    tokens[symbol] = await site.deploy(
      symbol === "WETH" ? await site.published("WETH9") : encodeDeployData({ abi: TOKEN_ABI, bytecode, args }),
    );
  }
  return tokens as Tokens;
}

async function deployContracts(site: Site, { WETH, USDC }: Tokens): Promise<Contracts> {
  const create = (abi: Abi, bytecode: Hex, args: readonly unknown[]) => site.deploy(encodeDeployData({ abi, bytecode, args }));
  const factory = await site.deploy(await site.published("UniswapV3Factory"));
  // As Uniswap's governance did after deployment; the other three fees are built in.
  await site.call(
    factory,
    encodeFunctionData({ abi: FACTORY_ABI, functionName: "enableFeeAmount", args: [100, TICK_SPACING[100]] }),
  );
  // The descriptor only serves tokenURI, which nobody here reads; it must not be zero.
  const positions = await create(POSITIONS_ABI, await site.published("NonfungiblePositionManager"), [factory, WETH, factory]);
  const router = await create(ROUTER_ABI, await site.published("SwapRouter02"), [NO_ADDRESS, factory, positions, WETH]);
  const quoter = await create(QUOTER_ABI, await site.published("QuoterV2"), [factory, WETH]);
  const multicall3 = await site.deploy(await multicall3Bytecode());
  const vault = await create(VAULT_ABI, (await ownArtifact("TestVault")).bytecode, [USDC, "USDC Vault", "vUSDC"]);
  const market = await create(MARKET_ABI, (await ownArtifact("Market")).bytecode, [TRADER.address]);
  return { factory, positions, router, quoter, multicall3, vault, market };
}

async function deployFeeds(site: Site, market: Address): Promise<EvmAddresses["feeds"]> {
  const feeds: Partial<Record<TokenSymbol, Address>> = {};
  const { bytecode } = await ownArtifact("PriceFeed");
  for (const symbol of SYMBOLS) {
    const feed = await site.deploy(encodeDeployData({ abi: FEED_ABI, bytecode, args: [FEED_DECIMALS, `${symbol} / USD`] }));
    await site.call(feed, encodeFunctionData({ abi: FEED_ABI, functionName: "transferOwnership", args: [market] }));
    feeds[symbol] = feed;
  }
  return feeds as EvmAddresses["feeds"];
}

/** Both the market and the deployer, who provides the liquidity, get {@link MARKET_HOLDS} of every token. */
async function handOut(site: Site, tokens: Tokens, { market, positions }: Contracts): Promise<void> {
  for (const symbol of SYMBOLS) {
    const amount = toUnits(decimal(MARKET_HOLDS), TOKENS[symbol].decimals);
    const token = tokens[symbol];
    if (symbol === "WETH") {
      await site.call(token, encodeFunctionData({ abi: WETH_ABI, functionName: "deposit" }), amount * 2n);
      await site.call(token, encodeFunctionData({ abi: TOKEN_ABI, functionName: "transfer", args: [market, amount] }));
    } else {
      for (const to of [market, DEPLOYER.address]) {
        await site.call(token, encodeFunctionData({ abi: TOKEN_ABI, functionName: "mint", args: [to, amount] }));
      }
    }
    await site.call(token, encodeFunctionData({ abi: TOKEN_ABI, functionName: "approve", args: [positions, UNLIMITED] }));
  }
}

async function createPool(site: Site, name: PoolName, tokens: Tokens, { positions, factory }: Contracts): Promise<Address> {
  const { tokens: pair, fee, positions: deposits } = POOLS[name];
  const [symbol0, symbol1] = sortPair(pair, tokens);
  const [token0, token1] = [tokens[symbol0], tokens[symbol1]];
  const [{ price: price0, decimals: decimals0 }, { price: price1, decimals: decimals1 }] = [TOKENS[symbol0], TOKENS[symbol1]];
  const first = sqrtPriceX96(decimal(price0), decimals0, decimal(price1), decimals1);
  const create = { abi: POSITIONS_ABI, functionName: "createAndInitializePoolIfNecessary" } as const;
  await site.call(positions, encodeFunctionData({ ...create, args: [token0, token1, fee, first] }));
  const getPool = { abi: FACTORY_ABI, functionName: "getPool" } as const;
  const found = await site.read(factory, encodeFunctionData({ ...getPool, args: [token0, token1, fee] }));
  const pool = lower(decodeFunctionResult({ ...getPool, data: found }));
  const slot0 = { abi: POOL_ABI, functionName: "slot0" } as const;
  const [, tick] = decodeFunctionResult({ ...slot0, data: await site.read(pool, encodeFunctionData(slot0)) });
  for (const { usd, ticks } of deposits) {
    const [tickLower, tickUpper] = range(tick, ticks, TICK_SPACING[fee]);
    const params = {
      token0,
      token1,
      fee,
      tickLower,
      tickUpper,
      amount0Desired: toUnits(decimal(usd).div(price0), decimals0),
      amount1Desired: toUnits(decimal(usd).div(price1), decimals1),
      amount0Min: 0n,
      amount1Min: 0n,
      recipient: DEPLOYER.address,
      deadline: UNLIMITED,
    };
    await site.call(positions, encodeFunctionData({ abi: POSITIONS_ABI, functionName: "mint", args: [params] }));
  }
  const observe = { abi: POOL_ABI, functionName: "increaseObservationCardinalityNext", args: [OBSERVATIONS] } as const;
  await site.call(pool, encodeFunctionData(observe));
  return pool;
}

/** Token0 first: Uniswap sorts by address. */
export function sortPair([a, b]: readonly [TokenSymbol, TokenSymbol], tokens: Tokens): readonly [TokenSymbol, TokenSymbol] {
  return BigInt(tokens[a]) < BigInt(tokens[b]) ? [a, b] : [b, a];
}

function range(tick: number, ticks: number | undefined, spacing: number): readonly [number, number] {
  const aligned = (value: number) => Math.trunc(value / spacing) * spacing;
  if (ticks === undefined) return [-aligned(HIGHEST_TICK), aligned(HIGHEST_TICK)];
  return [aligned(tick - ticks), aligned(tick + ticks)];
}
