import { encodeFunctionData, type Hex } from "viem";
import type { Address } from "../../../src/core/hex.ts";
import { ownArtifact } from "../../../src/worlds/anvil/artifacts.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { MALLORY, malloryDeploys, malloryDoes } from "../../support/mallory.ts";

const { base } = EVM_BOOK.chains;
const NOBODY: Address = `0x${"0".repeat(40)}`;
/** What the wallet holds of it, in base units. */
export const ODD_HELD = 1_000n * 10n ** 18n;

/** Limits by unit, without which a token that has no feed may not be held. */
export const ODD_UNITS = { max_single_trade: { ODD: 100 }, max_daily_spend: { ODD: 150 }, max_position_size: { ODD: 5_000 } };

const abi = [
  {
    type: "function",
    name: "mint",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [],
  },
  {
    type: "function",
    name: "turn",
    stateMutability: "nonpayable",
    inputs: [
      { name: "newFee", type: "uint256" },
      { name: "newScale", type: "uint256" },
      { name: "newHook", type: "address" },
      { name: "data", type: "bytes" },
    ],
    outputs: [],
  },
  {
    type: "function",
    name: "transferFrom",
    stateMutability: "nonpayable",
    inputs: [
      { name: "from", type: "address" },
      { name: "to", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [{ type: "bool" }],
  },
] as const;

/** Deploys a token that its deployer can turn against its holders, and gives the wallet some of it. */
export async function deployOdd(world: EvmWorld): Promise<Address> {
  const odd = await malloryDeploys(world, (await ownArtifact("OddToken")).bytecode);
  await giveOdd(world, odd);
  return odd;
}

/** Gives the wallet more of it. */
export async function giveOdd(world: EvmWorld, odd: Address): Promise<void> {
  const data = encodeFunctionData({ abi, functionName: "mint", args: [REHEARSAL_WALLET, ODD_HELD] });
  await malloryDoes(world, { to: odd, data });
}

/** How it behaves from now on: hundredths of a percent that a transfer costs, and of what is held; whom a transfer calls, with what. */
export function turnOdd(
  world: EvmWorld,
  odd: Address,
  { fee = 0n, scale = 10_000n, hook = NOBODY, data = "0x" }: { fee?: bigint; scale?: bigint; hook?: Address; data?: Hex },
) {
  return malloryDoes(world, { to: odd, data: encodeFunctionData({ abi, functionName: "turn", args: [fee, scale, hook, data] }) });
}

/** What a pinned token may come to while a mandate runs. */
export const ODD_TURNS = {
  "odd-fee": { fee: 3_000n },
  "odd-shrinks": { scale: 5_000n },
  "odd-grows": { scale: 20_000n },
  "odd-calls-back": {
    hook: base.assets.WETH.address,
    data: encodeFunctionData({ abi, functionName: "transferFrom", args: [REHEARSAL_WALLET, MALLORY, 10n ** 15n] }),
  },
} as const;

export type OddTurn = keyof typeof ODD_TURNS;

export function isOddTurn(what: string): what is OddTurn {
  return Object.hasOwn(ODD_TURNS, what);
}

/** A book with the token pinned in it. */
export function withOdd<C extends { readonly assets: object }>(
  book: { readonly chains: { readonly base: C } },
  odd: Address,
): { readonly chains: { readonly base: C } } {
  const { chains } = book;
  const assets = { ...chains.base.assets, ODD: { address: odd, decimals: 18 } };
  return { ...book, chains: { ...chains, base: { ...chains.base, assets } } };
}
