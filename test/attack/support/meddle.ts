import { encodeFunctionData, parseAbi } from "viem";
import { SECOND } from "../../../src/core/clock.ts";
import { InvariantError } from "../../../src/core/errors.ts";
import type { Address } from "../../../src/core/hex.ts";
import { encodeApprove, encodeTransfer } from "../../../src/protocols/erc20.ts";
import { positionsAbi } from "../../../src/protocols/uniswap-v3/abi.ts";
import { sqrtRatioAtTick } from "../../../src/protocols/uniswap-v3/tick-math.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { truePoolPrice } from "../../../src/worlds/anvil/evm-market.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { POSITIONS_ABI } from "../../../src/worlds/anvil/world-abi.ts";
import { WORLD_ADDRESSES } from "../../../src/worlds/anvil/world-addresses.ts";
import { MALLORY, malloryDoes } from "../../support/mallory.ts";
import type { Meddling } from "./moves.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const { positions } = WORLD_ADDRESSES.contracts;
const ROUTER_PAYMENTS = parseAbi([
  "function sweepToken(address token, uint256 amountMinimum, address recipient)",
  "function unwrapWETH9(uint256 amountMinimum, address recipient)",
  "function refundETH()",
]);
const TOKENS = [assets.WETH.address, assets.USDC.address].sort() as [Address, Address];

/** A gift to the victim, small enough to hide a loss and too small to pay for one. */
export async function donate(at: EvmWorld): Promise<void> {
  await malloryDoes(at, encodeTransfer(assets.USDC.address, REHEARSAL_WALLET, 1_000_000n));
  await malloryDoes(at, encodeTransfer(assets.GOV.address, REHEARSAL_WALLET, 10n ** 15n));
}

/** Takes whatever somebody has left in the router: anybody may. */
export async function sweep(at: EvmWorld): Promise<void> {
  const to = contracts.router.address;
  const call = { abi: ROUTER_PAYMENTS } as const;
  for (const { address } of Object.values(assets)) {
    const data = encodeFunctionData({ ...call, functionName: "sweepToken", args: [address, 0n, MALLORY] });
    await malloryDoes(at, { to, data });
  }
  await malloryDoes(at, { to, data: encodeFunctionData({ ...call, functionName: "unwrapWETH9", args: [0n, MALLORY] }) });
}

/** A pool of a fee that nobody uses, which begins at a price of the accomplice's. */
export async function newTier(at: EvmWorld): Promise<void> {
  const args = [...TOKENS, 10_000, 1n << 96n] as const;
  const data = encodeFunctionData({ abi: POSITIONS_ABI, functionName: "createAndInitializePoolIfNecessary", args });
  await malloryDoes(at, { to: positions, data });
}

/** Much liquidity close to the price, there for as long as it pays. */
export async function justInTime(at: EvmWorld): Promise<void> {
  const spacing = 10;
  const tick = Math.floor(tickOf(truePoolPrice(at.state, "WETH-USDC")) / spacing) * spacing;
  for (const token of TOKENS) await malloryDoes(at, encodeApprove(token, positions, 10n ** 30n));
  const params = {
    token0: TOKENS[0],
    token1: TOKENS[1],
    fee: 500,
    tickLower: tick - spacing,
    tickUpper: tick + 2 * spacing,
    amount0Desired: TOKENS[0] === assets.WETH.address ? 10n ** 20n : 300_000_000_000n,
    amount1Desired: TOKENS[1] === assets.WETH.address ? 10n ** 20n : 300_000_000_000n,
    amount0Min: 0n,
    amount1Min: 0n,
    recipient: MALLORY,
    deadline: BigInt(Math.floor((await at.clock.now()) / SECOND) + 600),
  };
  await malloryDoes(at, { to: positions, data: encodeFunctionData({ abi: positionsAbi, functionName: "mint", args: [params] }) });
}

/** The greatest tick at or below a price. */
function tickOf(price: bigint): number {
  let [low, high] = [-887_272, 887_272];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const ratio = sqrtRatioAtTick(middle);
    if (ratio === undefined) throw new InvariantError(`there is no tick ${middle}`);
    if (ratio <= price) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const ACCOMPLICE: Readonly<Record<"donate" | "sweep" | "new-tier" | "just-in-time", (at: EvmWorld) => Promise<void>>> = {
  donate,
  sweep,
  "new-tier": newTier,
  "just-in-time": justInTime,
};

export function isAccomplice(what: Meddling["do"]): what is keyof typeof ACCOMPLICE {
  return Object.hasOwn(ACCOMPLICE, what);
}
