import { encodeFunctionData, parseAbi } from "viem";
import { SECOND } from "../../../src/core/clock.ts";
import { decimal } from "../../../src/core/decimal.ts";
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
import { PERMIT2 } from "../../gateway/support/signing-house.ts";
import { MALLORY, malloryDoes } from "../../support/mallory.ts";
import { doesAs, lagAgainst, pinnedPrice, squeeze } from "./accomplice.ts";
import { holds } from "./holds.ts";
import type { Between, Meddling } from "./moves.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const { positions } = WORLD_ADDRESSES.contracts;
const ROUTER_PAYMENTS = parseAbi([
  "function sweepToken(address token, uint256 amountMinimum, address recipient)",
  "function unwrapWETH9(uint256 amountMinimum, address recipient)",
  "function multicall(bytes[] data)",
]);
const PULLS = parseAbi([
  "function transferFrom(address from, address to, uint256 amount)",
  "function transferFrom(address from, address to, uint160 amount, address token)",
]);
const TOKENS = [assets.WETH.address, assets.USDC.address].sort() as [Address, Address];

/** A gift to the victim, small enough to hide a loss and too small to pay for one. */
async function donate(at: EvmWorld, which: number): Promise<void> {
  const [token, amount] = which % 2 === 0 ? [assets.USDC.address, 1_000_000n] : [assets.GOV.address, 10n ** 15n];
  await doesAs(at, MALLORY, encodeTransfer(token, REHEARSAL_WALLET, amount));
}

/** Takes whatever somebody has left in the router: anybody may. */
async function sweep(at: EvmWorld): Promise<void> {
  await doesAs(at, MALLORY, SWEEP);
}

const SWEEP = sweepCall();

function sweepCall() {
  const call = { abi: ROUTER_PAYMENTS } as const;
  const calls = Object.values(assets).map(({ address }) =>
    encodeFunctionData({ ...call, functionName: "sweepToken", args: [address, 0n, MALLORY] }),
  );
  const unwrap = encodeFunctionData({ ...call, functionName: "unwrapWETH9", args: [0n, MALLORY] });
  const data = encodeFunctionData({ ...call, functionName: "multicall", args: [[...calls, unwrap]] });
  return { to: contracts.router.address, data };
}

/** Moves the pool that most trades go through by up to a percent, either way. */
async function push(at: EvmWorld, which: number): Promise<void> {
  const sell = which % 2 === 0 ? ("WETH" as const) : ("USDC" as const);
  const buy = sell === "WETH" ? ("USDC" as const) : ("WETH" as const);
  const rate = pinnedPrice(at, sell).div(pinnedPrice(at, buy));
  const floor = rate.times(decimal(10_000 - 8 * which).div(10_000));
  await squeeze(at, { sell, buy, fee: 500, amount: decimal(1), floor });
}

/** The truth goes as far from what the feeds say as they do not tell. */
async function nudge(at: EvmWorld, which: number): Promise<void> {
  await lagAgainst(at, which % 2 === 0 ? { sell: "WETH", buy: "USDC" } : { sell: "USDC", buy: "WETH" });
}

/** What a stranger may try at any time: to pull what others hold. */
async function poke(at: EvmWorld, which: number): Promise<void> {
  const { address } = Object.values(assets)[which % 4] ?? assets.USDC;
  const permit2 = encodeFunctionData({
    abi: PULLS,
    functionName: "transferFrom",
    args: [REHEARSAL_WALLET, MALLORY, 1n, address],
  });
  const plain = encodeFunctionData({ abi: PULLS, functionName: "transferFrom", args: [REHEARSAL_WALLET, MALLORY, 1n] });
  const worked = await doesAs(at, MALLORY, which % 3 === 0 ? { to: PERMIT2, data: permit2 } : { to: address, data: plain });
  holds(!worked, "anybody may take what the wallet holds");
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

/** What an accomplice does that changes nothing of the wallet's, or gives it something. */
export const BETWEEN: Readonly<Record<Exclude<Between["does"], "loot">, (at: EvmWorld, which: number) => Promise<void>>> = {
  gift: donate,
  ...{ sweep, push, nudge, poke },
  block: (at) => at.mine(),
};

export const ACCOMPLICE: Readonly<Record<"new-tier" | "just-in-time", (at: EvmWorld) => Promise<void>>> = {
  "new-tier": newTier,
  "just-in-time": justInTime,
};

export function isAccomplice(what: Meddling["do"]): what is keyof typeof ACCOMPLICE {
  return Object.hasOwn(ACCOMPLICE, what);
}
