import { encodeFunctionData, type Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import type { Address } from "../../src/core/hex.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { depositCall, mintSharesCall, withdrawCall } from "../../src/protocols/erc4626.ts";
import { positionsAbi, router02Abi } from "../../src/protocols/uniswap-v3/abi.ts";
import { truePoolPrice } from "../../src/worlds/anvil/evm-market.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import { evmAction, type House, openHouse } from "../support/house.ts";
import { MALLORY } from "../support/mallory.ts";
import { HOSTILE_LIMITS, refusal } from "../support/refusal.ts";
import { startArena } from "./support/accomplice.ts";
import { justInTime } from "./support/meddle.ts";

const { assets, contracts } = FULL_BOOK.chains.base;
const { router, positions } = contracts;
const { WETH, USDC, vUSDC } = assets;
const MOST = (1n << 128n) - 1n;
const placeholder = (n: number): Address => `0x${String(n).padStart(40, "0")}`;

/** A call's bytes for a contract that has a multicall: whose ids and receivers are not the wallet's. */
type Foreign = (at: { readonly until: bigint; readonly foreign: bigint }) => Hex;

const swapTo =
  (recipient: Address): Foreign =>
  () =>
    encodeFunctionData({
      abi: router02Abi,
      functionName: "exactInputSingle",
      args: [
        {
          tokenIn: WETH.address,
          tokenOut: USDC.address,
          fee: 500,
          recipient,
          amountIn: 10n ** 16n,
          amountOutMinimum: 29_900_000n,
          sqrtPriceLimitX96: 0n,
        },
      ],
    });

const ROUTER: readonly (readonly [string, Foreign])[] = [
  ["a swap to the placeholder 0", swapTo(placeholder(0))],
  ["a swap to the placeholder 2, the router itself", swapTo(placeholder(2))],
  ["a swap to the router by its address", swapTo(router.address)],
  ["a swap to the accomplice", swapTo(MALLORY)],
];

const POSITIONS: readonly (readonly [string, Foreign])[] = [
  [
    "increaseLiquidity of another's position",
    ({ until, foreign }) => {
      const least = { amount0Min: 1n, amount1Min: 1n };
      const params = { tokenId: foreign, amount0Desired: 10_000n, amount1Desired: 10_000n, ...least, deadline: until };
      return encodeFunctionData({ abi: positionsAbi, functionName: "increaseLiquidity", args: [params] });
    },
  ],
  [
    "collect of another's position",
    ({ foreign }) =>
      encodeFunctionData({
        abi: positionsAbi,
        functionName: "collect",
        args: [{ tokenId: foreign, recipient: REHEARSAL_WALLET, amount0Max: MOST, amount1Max: MOST }],
      }),
  ],
  [
    "decreaseLiquidity of another's position",
    ({ until, foreign }) => {
      const params = { tokenId: foreign, liquidity: 1n, amount0Min: 1n, amount1Min: 1n, deadline: until };
      return encodeFunctionData({ abi: positionsAbi, functionName: "decreaseLiquidity", args: [params] });
    },
  ],
  [
    "burn of another's position",
    ({ foreign }) => encodeFunctionData({ abi: positionsAbi, functionName: "burn", args: [foreign] }),
  ],
  ...[placeholder(0), placeholder(1), placeholder(2), MALLORY].map((recipient): readonly [string, Foreign] => [
    `a position minted to ${recipient}`,
    ({ until }) => {
      const [token0, token1] = [WETH.address, USDC.address].sort() as [Address, Address];
      const params = { token0, token1, fee: 500, tickLower: -887_270, tickUpper: 887_270, recipient, deadline: until };
      const amounts = { amount0Desired: 10_000n, amount1Desired: 10_000n, amount0Min: 1n, amount1Min: 1n };
      return encodeFunctionData({ abi: positionsAbi, functionName: "mint", args: [{ ...params, ...amounts }] });
    },
  ]),
];

const nested = (abi: typeof router02Abi | typeof positionsAbi, data: Hex, depth: number): Hex => {
  let inner = data;
  for (let i = 0; i < depth; i += 1) {
    inner = encodeFunctionData({ abi: abi as typeof positionsAbi, functionName: "multicall", args: [[inner]] });
  }
  return inner;
};

let house: House;
beforeAll(async () => {
  const world = await startArena();
  await justInTime(world);
  expect(truePoolPrice(world.state, "WETH-USDC") > 0n).toBe(true);
  const limits = { ...HOSTILE_LIMITS, allowed_tokens: ["WETH", "USDC", "vUSDC"], max_trades_per_hour: 6 };
  house = await openHouse({ world, limits, book: FULL_BOOK });
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await house.world.stop();
});

const until = async () => BigInt(Math.floor((await house.world.clock.now()) / SECOND) + 240);
/** The accomplice's position: the newest that there is. */
const foreign = async (): Promise<bigint> => {
  const data = encodeFunctionData({
    abi: [{ type: "function", name: "totalSupply", inputs: [], outputs: [{ type: "uint256" }], stateMutability: "view" }],
    functionName: "totalSupply",
  });
  return BigInt((await house.world.rpc("eth_call", [{ to: positions.address, data }, "latest"])) as Hex);
};

const DEPTHS = [0, 1, 2] as const;
const cases = DEPTHS.flatMap((depth) => [
  ...ROUTER.map(([name, make]) => ({ name, make, depth, at: "router" as const })),
  ...POSITIONS.map(([name, make]) => ({ name, make, depth, at: "positions" as const })),
]);

test.each(cases)("$name, in $depth multicalls, is refused and moves nothing", async ({ make, depth, at }) => {
  const data = make({ until: await until(), foreign: await foreign() });
  const to = contracts[at].address;
  const wrapped =
    at === "router"
      ? encodeFunctionData({
          abi: router02Abi,
          functionName: "multicall",
          args: [await until(), [nested(router02Abi, data, depth)]],
        })
      : nested(positionsAbi, data, depth);
  const actions: Action[] = [
    evmAction(encodeApprove(WETH.address, to, 10n ** 16n)),
    evmAction({ to, data: wrapped, value: 0n }),
    evmAction(encodeApprove(WETH.address, to, 0n)),
  ];
  const codes = await refusal(house, actions);
  expect(codes.length).toBeGreaterThan(0);
  // What is refused is whose it is, not that it would fail.
  expect(codes.filter((code) => code !== "WOULD_REVERT").length).toBeGreaterThan(0);
});

test.each([
  ["deposit for another receiver", depositCall(vUSDC.address, 50_000_000n, MALLORY)],
  ["mint for another receiver", mintSharesCall(vUSDC.address, 50_000_000n, MALLORY)],
  ["withdraw to another receiver", withdrawCall(vUSDC.address, 1n, MALLORY, REHEARSAL_WALLET)],
  ["withdraw of another owner's shares", withdrawCall(vUSDC.address, 1n, REHEARSAL_WALLET, MALLORY)],
] as const)("a vault's %s is refused", async (_, call) => {
  const allow = evmAction(encodeApprove(USDC.address, vUSDC.address, 50_000_000n));
  const codes = await refusal(house, [allow, evmAction(call), evmAction(encodeApprove(USDC.address, vUSDC.address, 0n))]);
  expect(codes).toContain("RECIPIENT_NOT_ALLOWED");
});

test.each(DEPTHS)("ether that a swap leaves in the router without a refund, in %s more multicalls, is refused", async (depth) => {
  const swap = nested(router02Abi, swapTo(REHEARSAL_WALLET)({ until: 0n, foreign: 0n }), depth);
  const data = encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [await until(), [swap]] });
  const codes = await refusal(house, [
    evmAction(encodeApprove(WETH.address, router.address, 10n ** 16n)),
    evmAction({ to: router.address, data, value: 10n ** 15n }),
  ]);
  expect(codes.length).toBeGreaterThan(0);
});
