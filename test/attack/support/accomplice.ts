import { encodeFunctionData, maxUint256, parseTransaction, toHex } from "viem";
import { HOUR, SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, toUnits } from "../../../src/core/decimal.ts";
import type { Address, Hex } from "../../../src/core/hex.ts";
import { encodeApprove } from "../../../src/protocols/erc20.ts";
import { router02Abi } from "../../../src/protocols/uniswap-v3/abi.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { WorldRpcError } from "../../../src/worlds/anvil/json-rpc.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { MALLORY, malloryDoes } from "../../support/mallory.ts";
import { leanCache } from "./lean-base.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const { router } = contracts;

export type Token = keyof typeof assets;
/** What a mandate over the rehearsal book can hold: its tokens, the coin, and a dollar that takes signatures. */
export type Held = Token | "ETH" | "PUSD";

export const DECIMALS: Readonly<Record<Held, number>> = { ETH: 18, WETH: 18, USDC: 6, DAI: 18, GOV: 18, PUSD: 6 };
export const HELD = Object.keys(DECIMALS) as readonly Held[];

/** A little less than what a feed may stand off by before it answers anew. */
export const WORST_LAG = decimal("0.00499");

/** A world with a rich accomplice in it, whose market stands still unless somebody moves it. */
export async function startArena(
  seed = 7,
  funds: Readonly<Record<string, string>> = {},
  others: Readonly<Record<Address, Readonly<Record<string, string>>>> = {},
): Promise<EvmWorld> {
  const at = await startEvmWorld({
    seed,
    cache: await leanCache(),
    period: 6 * HOUR,
    volatility: { WETH: 0, GOV: 0 },
    fund: {
      [REHEARSAL_WALLET]: { ETH: "0.2", WETH: "0.4", USDC: "2000", GOV: "40", ...funds },
      ...others,
      [MALLORY]: { ETH: "100", WETH: "3000", USDC: "9000000", GOV: "400000" },
    },
  });
  await letAct(at, MALLORY);
  for (const token of ["WETH", "USDC", "GOV"] as const)
    await malloryDoes(at, encodeApprove(assets[token].address, router.address, maxUint256));
  return at;
}

/** Lets accounts of nobody's keys act by {@link doesAs}, as often and as dearly as they like. */
export async function letAct(at: EvmWorld, ...accounts: readonly Address[]): Promise<void> {
  for (const account of accounts) {
    await at.rpc("anvil_setBalance", [account, toHex(10n ** 24n)]);
    await at.rpc("anvil_impersonateAccount", [account]);
  }
}

/** One transaction of an account that was let act. False: it was reverted, or nobody acts for that account. */
export async function doesAs(
  at: EvmWorld,
  from: Address,
  { to, data }: { readonly to: Address; readonly data: Hex },
): Promise<boolean> {
  const fees = { gas: toHex(2_000_000), maxFeePerGas: toHex(10n ** 14n), maxPriorityFeePerGas: "0x0" };
  try {
    const { status } = (await at.rpc("eth_sendTransactionSync", [{ from, to, data, ...fees }])) as { readonly status: Hex };
    return status === "0x1";
  } catch (error) {
    if (!(error instanceof WorldRpcError)) throw error;
    return false;
  }
}

/** What the gateway takes a token to be worth. */
export function pinnedPrice(at: EvmWorld, symbol: Held): Decimal {
  if (symbol === "USDC" || symbol === "DAI" || symbol === "PUSD") return decimal(1);
  return at.state.feeds[symbol === "ETH" ? "WETH" : symbol].price;
}

export function truePrice(at: EvmWorld, symbol: Held): Decimal {
  return at.truePrice(symbol === "ETH" ? "WETH" : symbol === "PUSD" ? "USDC" : symbol);
}

/** Lets the truth run away from what the gateway goes by, as far as no feed notices: what is sold is worth more, what is bought less. */
export async function lagAgainst(at: EvmWorld, { sell, buy }: { sell: Token; buy: Token }): Promise<void> {
  await at.setTruePrices({
    [sell]: pinnedPrice(at, sell).times(WORST_LAG.plus(1)).toDecimalPlaces(8),
    [buy]: pinnedPrice(at, buy).times(decimal(1).minus(WORST_LAG)).toDecimalPlaces(8),
  });
}

/** A swap as the accomplice sees it in the pool of waiting transactions. */
export interface Victim {
  readonly sell: Token;
  readonly buy: Token;
  /** In hundredths of a basis point. */
  readonly fee: number;
  /** Whole tokens. */
  readonly amount: Decimal;
  readonly floor: Decimal;
}

/** Moves the pool to where the victim gets its floor and next to nothing more. */
export async function squeeze(at: EvmWorld, { sell, buy, fee, amount, floor }: Victim): Promise<void> {
  // A hair above the floor: the victim's own size moves the price too.
  const wanted = floor
    .div(amount)
    .div(1 - fee / 1_000_000)
    .times("1.00003");
  const [sold, bought] = [assets[sell], assets[buy]];
  const zeroForOne = BigInt(sold.address) < BigInt(bought.address);
  const inUnits = wanted.times(decimal(10).pow(bought.decimals - sold.decimals));
  const ratio = zeroForOne ? inUnits : inUnits.pow(-1);
  const limit = BigInt(ratio.sqrt().times(decimal(2).pow(96)).toFixed(0));
  await doesAs(at, MALLORY, swapTo({ sell, buy, fee, limit }));
}

function swapTo({ sell, buy, fee, limit }: { sell: Token; buy: Token; fee: number; limit: bigint }) {
  const params = {
    tokenIn: assets[sell].address,
    tokenOut: assets[buy].address,
    fee,
    recipient: MALLORY,
    amountIn: toUnits(decimal(sell === "USDC" ? 3_000_000 : sell === "WETH" ? 1_000 : 200_000), assets[sell].decimals),
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: limit,
  };
  return {
    to: router.address,
    data: encodeFunctionData({ abi: router02Abi, functionName: "exactInputSingle", args: [params] }),
  };
}

/** Arbitrage brings the pools back to the truth. */
export async function letGo(at: EvmWorld): Promise<void> {
  await at.setTruePrices({});
}

/** The same a while later, and in one block: nobody does anything before. @param after - milliseconds of the chain's time */
export async function letGoLate(at: EvmWorld, after: number): Promise<void> {
  const until = Math.ceil(((await at.clock.now()) + after) / SECOND);
  await at.rpc("evm_setNextBlockTimestamp", [until]);
  await letGo(at);
}

/** Makes the next block as expensive as these bytes will bear. */
export async function overcharge(at: EvmWorld, bytes: Hex): Promise<void> {
  const { maxFeePerGas = 0n } = parseTransaction(bytes);
  await at.rpc("anvil_setNextBlockBaseFeePerGas", [toHex((maxFeePerGas * 98n) / 100n)]);
}
