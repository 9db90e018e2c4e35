import { encodeFunctionData, maxUint256 } from "viem";
import { SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, toUnits } from "../../../src/core/decimal.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../../src/protocols/erc20.ts";
import { router02Abi } from "../../../src/protocols/uniswap-v3/abi.ts";
import { unwrapCall, wrapCall } from "../../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction } from "../../support/house.ts";
import { balancesOf } from "../../support/standing.ts";
import { pinnedPrice, type Token, type Victim } from "./accomplice.ts";
import type { HostileLimits } from "./hostile-mandates.ts";
import { EVERYTHING, type Other, POOLS, type Swap } from "./moves.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const { router } = contracts;

async function units(at: EvmWorld, token: Token | "ETH", usd: number): Promise<bigint> {
  if (usd === 0) return 1n;
  if (usd === EVERYTHING) return (await balancesOf(at, REHEARSAL_WALLET))[token] ?? 0n;
  return toUnits(decimal(usd).div(pinnedPrice(at, token)), token === "ETH" ? 18 : assets[token].decimals);
}

/** How far below the pinned prices a floor stands, in basis points. */
function bpsOf(floor: Swap["floor"], { max_slippage_bps: slippage, max_exit_cost_bps: exit }: HostileLimits): Decimal {
  switch (floor) {
    case "slippage":
      return decimal(slippage).minus("0.01");
    case "half":
      return decimal(slippage).div(2);
    case "exit":
      return decimal(exit).minus("0.5");
    case "most-of-exit":
      return decimal(exit).times("0.8");
    default:
      return decimal(9_999);
  }
}

/** A swap's sides, as whoever watches the pool of waiting transactions would read them. */
export async function victimOf(at: EvmWorld, { pool, turned, usd, floor }: Swap, limits: HostileLimits): Promise<Victim> {
  const { pair, fee } = POOLS[pool] ?? { pair: ["WETH", "USDC"] as const, fee: 500 };
  const [sell, buy] = turned ? [pair[1], pair[0]] : pair;
  const amount = fromUnits(await units(at, sell, usd), assets[sell].decimals);
  const least = amount
    .times(pinnedPrice(at, sell))
    .times(decimal(10_000).minus(bpsOf(floor, limits)).div(10_000))
    .div(pinnedPrice(at, buy))
    .toDecimalPlaces(assets[buy].decimals, 0);
  return { sell, buy, fee, amount, floor: least };
}

export async function swapRequest(
  at: EvmWorld,
  swap: Swap,
  { sell, buy, fee, amount, floor }: Victim,
): Promise<readonly Action[]> {
  const { recipient, seconds, approve, depth, twice } = swap;
  const amountIn = toUnits(amount, assets[sell].decimals);
  const deadline = BigInt(Math.floor((await at.clock.now()) / SECOND) + seconds);
  const params = {
    tokenIn: assets[sell].address,
    tokenOut: assets[buy].address,
    fee,
    recipient,
    amountIn,
    amountOutMinimum: toUnits(floor, assets[buy].decimals),
    sqrtPriceLimitX96: 0n,
  };
  let data = encodeFunctionData({ abi: router02Abi, functionName: "exactInputSingle", args: [params] });
  for (let i = 0; i < depth; i += 1) data = encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [[data]] });
  const call = encodeFunctionData({
    abi: router02Abi,
    functionName: "multicall",
    args: [deadline, twice ? [data, data] : [data]],
  });
  const needed = twice ? amountIn * 2n : amountIn;
  const allowance = { exact: needed, more: needed + 1n, unlimited: maxUint256, none: 0n }[approve];
  const trade = evmAction({ to: router.address, data: call, value: 0n });
  return approve === "none" ? [trade] : [evmAction(encodeApprove(assets[sell].address, router.address, allowance)), trade];
}

export async function otherRequest(at: EvmWorld, { do: what, token, usd, to }: Other): Promise<readonly Action[]> {
  const { address } = assets[token];
  switch (what) {
    case "wrap":
      return [evmAction(wrapCall(assets.WETH.address, await units(at, "ETH", usd)))];
    case "unwrap":
      return [evmAction(unwrapCall(assets.WETH.address, await units(at, "WETH", usd)))];
    case "revoke":
      return [evmAction(encodeApprove(address, router.address, 0n))];
    case "approve":
      return [evmAction(encodeApprove(address, to, await units(at, token, usd)))];
    case "transfer":
      return [evmAction(encodeTransfer(address, to, await units(at, token, usd)))];
    default:
      return [evmAction({ to, data: "0x", value: await units(at, "ETH", usd) })];
  }
}
