import { encodeAbiParameters, encodeFunctionData, encodePacked, erc20Abi, maxUint256, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import type { Address, Hex } from "../../src/core/hex.ts";
import type { Action, EvmCall } from "../../src/protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { router02Abi } from "../../src/protocols/uniswap-v3/abi.ts";
import { unwrapCall, wrapCall } from "../../src/protocols/weth9.ts";
import { publishedBytecode } from "../../src/worlds/anvil/artifacts.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { WORLD_ADDRESSES } from "../../src/worlds/anvil/world-addresses.ts";
import { evmAction, type House, openHouse, type SwapOptions, swapAction, swapActions } from "../support/house.ts";
import { deployLyingToken, malloryDeploys } from "../support/mallory.ts";
import { HOSTILE_LIMITS, refusal } from "../support/refusal.ts";
import { balancesOf, codesOf, nonceOf, STRANGER, signedKept, standingOf } from "../support/standing.ts";

const { assets, contracts, pools } = EVM_BOOK.chains.base;
const { router } = contracts;
const WETH = 10n ** 18n;
const USDC = 10n ** 6n;

let house: House;
let liar: Address;
let otherRouter: Address;

beforeAll(async () => {
  house = await openHouse({ limits: HOSTILE_LIMITS });
  liar = await deployLyingToken(house.world);
  const factory = await malloryDeploys(house.world, await publishedBytecode("UniswapV3Factory"));
  const none = `0x${"00".repeat(20)}` as const;
  const constructorData = encodeAbiParameters(
    [{ type: "address" }, { type: "address" }, { type: "address" }, { type: "address" }],
    [none, factory, none, assets.WETH.address],
  );
  otherRouter = await malloryDeploys(house.world, `${await publishedBytecode("SwapRouter02")}${constructorData.slice(2)}`);
});
afterAll(() => house[Symbol.asyncDispose]());

async function sale(options: Partial<SwapOptions> = {}): Promise<SwapOptions> {
  return { sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now: await house.world.clock.now(), ...options };
}

function approval(amount: bigint, token: keyof typeof assets = "WETH", spender: Address = router.address): Action {
  return evmAction(encodeApprove(assets[token].address, spender, amount));
}

function toRouter(data: Hex, value = 0n): EvmCall {
  return { to: router.address, data, value };
}

function multicall(deadline: bigint | null, ...calls: readonly Hex[]): Hex {
  return deadline === null
    ? encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [calls] })
    : encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [deadline, calls] });
}

interface SingleSwap {
  readonly tokenIn?: Address;
  readonly tokenOut?: Address;
  readonly fee?: number;
  readonly recipient?: Address;
  readonly amountIn?: bigint;
  readonly least?: bigint;
}

function single({
  tokenIn,
  tokenOut,
  fee = 500,
  recipient = REHEARSAL_WALLET,
  amountIn = WETH / 10n,
  least = 299n * USDC,
}: SingleSwap): Hex {
  const params = {
    tokenIn: tokenIn ?? assets.WETH.address,
    tokenOut: tokenOut ?? assets.USDC.address,
    fee,
    recipient,
    amountIn,
    amountOutMinimum: least,
    sqrtPriceLimitX96: 0n,
  };
  return encodeFunctionData({ abi: router02Abi, functionName: "exactInputSingle", args: [params] });
}

async function soon(): Promise<bigint> {
  return BigInt(Math.floor((await house.world.clock.now()) / SECOND) + 240);
}

/** An exact approval, and router calls under a good deadline. */
async function approvedSwap(...calls: readonly Hex[]): Promise<readonly Action[]> {
  return [approval(WETH / 10n), evmAction(toRouter(multicall(await soon(), ...calls)))];
}

test("the same wallet may make an honest swap of that size, so each refusal below is for its own fault", async () => {
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const verdict = await gateway.preview({ wallet, lease, cycle, step: 1, actions: swapActions(await sale()) });
  expect(verdict).toMatchObject({ kind: "allow" });
});

test("everything to a stranger is refused, token and native coin alike", async () => {
  const held = await balancesOf(house.world, REHEARSAL_WALLET);
  expect(await refusal(house, [evmAction(encodeTransfer(assets.WETH.address, STRANGER, held.WETH ?? 0n))])).toContain(
    "RECIPIENT_NOT_ALLOWED",
  );
  expect(await refusal(house, [evmAction(encodeTransfer(assets.USDC.address, STRANGER, held.USDC ?? 0n))])).toContain(
    "RECIPIENT_NOT_ALLOWED",
  );
  expect(await refusal(house, [evmAction({ to: STRANGER, data: "0x", value: (held.ETH ?? 0n) / 2n })])).toContain(
    "RECIPIENT_NOT_ALLOWED",
  );
});

test("a dust transfer to a stranger is refused like a large one", async () => {
  expect(await refusal(house, [evmAction(encodeTransfer(assets.USDC.address, STRANGER, 1n))])).toContain("RECIPIENT_NOT_ALLOWED");
  expect(await refusal(house, [evmAction({ to: STRANGER, data: "0x", value: 1n })])).toContain("RECIPIENT_NOT_ALLOWED");
});

test("tokens sent to the router, to a pool or to a token lie there for anybody: refused", async () => {
  for (const to of [router.address, pools["WETH-USDC"].address, assets.WETH.address]) {
    expect(await refusal(house, [evmAction(encodeTransfer(assets.USDC.address, to, USDC))])).toContain("RECIPIENT_NOT_ALLOWED");
  }
});

test("an unlimited approval is refused: to the router, to a pool, to a stranger", async () => {
  expect(await refusal(house, [approval(maxUint256)])).toContain("ALLOWANCE_LEFT");
  expect(await refusal(house, [approval(maxUint256, "USDC")])).toContain("ALLOWANCE_LEFT");
  expect(await refusal(house, [approval(maxUint256, "WETH", pools["WETH-USDC"].address)])).toContain("SPENDER_NOT_ALLOWED");
  expect(await refusal(house, [approval(maxUint256, "WETH", STRANGER)])).toContain("SPENDER_NOT_ALLOWED");
});

test("an approval alone is refused to whoever may take it from others, and over more than is held", async () => {
  expect(await refusal(house, [approval(1n, "WETH", contracts.quoter.address)])).toContain("ALLOWANCE_LEFT");
  expect(await refusal(house, [approval(10n ** 24n)])).toContain("ALLOWANCE_LEFT");
});

test("an unlimited approval is refused also when the request takes it back at its end", async () => {
  const swap = swapAction(await sale());
  expect(await refusal(house, [approval(maxUint256), swap, approval(0n)])).toContain("ALLOWANCE_LEFT");
  expect(await refusal(house, [approval(maxUint256), approval(0n)])).toContain("ALLOWANCE_LEFT");
  expect(
    await refusal(house, [
      approval(WETH / 10n, "WETH", contracts.quoter.address),
      approval(0n, "WETH", contracts.quoter.address),
    ]),
  ).toContain("ALLOWANCE_LEFT");
});

test("a trade over the limit is refused: by itself, as everything that is held, and split in a multicall", async () => {
  expect(await refusal(house, swapActions(await sale({ amount: "0.2", floor: "598" })))).toContain("TRADE_TOO_LARGE");
  expect(await refusal(house, swapActions(await sale({ amount: "0.4", floor: "1196" })))).toContain("TRADE_TOO_LARGE");
  const half = single({});
  const twice = [approval(WETH / 5n), evmAction(toRouter(multicall(await soon(), half, half)))];
  expect(await refusal(house, twice)).toContain("TRADE_TOO_LARGE");
});

test("everything of the native coin, wrapped or of the wrapped coin, unwrapped, is a trade over the limit", async () => {
  const held = await balancesOf(house.world, REHEARSAL_WALLET);
  expect(await refusal(house, [evmAction(wrapCall(assets.WETH.address, (held.ETH ?? 0n) / 2n))])).toContain("TRADE_TOO_LARGE");
  expect(await refusal(house, [evmAction(unwrapCall(assets.WETH.address, held.WETH ?? 0n))])).toContain("TRADE_TOO_LARGE");
});

test.each([1, 2, 3, 4, 5, 6])("a stranger as recipient is found %i multicalls deep", async (depth) => {
  let data = single({ recipient: STRANGER });
  for (let i = 0; i < depth; i += 1) data = multicall(i === 0 ? await soon() : null, data);
  const codes = await refusal(house, [approval(WETH / 10n), evmAction(toRouter(data))]);
  expect(codes).toContain(depth <= 4 ? "RECIPIENT_NOT_ALLOWED" : "FUNCTION_NOT_ALLOWED");
});

test("the router's placeholders 0 and 2 are nobody's account; 1 is the caller and still needs its floor", async () => {
  for (const placeholder of [0, 2]) {
    const recipient: Address = `0x${placeholder.toString(16).padStart(40, "0")}`;
    expect(await refusal(house, await approvedSwap(single({ recipient })))).toContain("RECIPIENT_NOT_ALLOWED");
  }
  const sender: Address = `0x${"1".padStart(40, "0")}`;
  expect(await refusal(house, await approvedSwap(single({ recipient: sender, least: 0n })))).toContain("NO_FLOOR");
});

test("a swap without a floor, or with one of next to nothing, is refused", async () => {
  expect(await refusal(house, await approvedSwap(single({ least: 0n })))).toContain("NO_FLOOR");
  expect(await refusal(house, await approvedSwap(single({ least: 1n })))).toContain("SLIPPAGE");
});

test("a floor of another asset than the one that is paid out counts for nothing", async () => {
  const exact = encodeFunctionData({
    abi: router02Abi,
    functionName: "exactOutputSingle",
    args: [
      {
        tokenIn: assets.WETH.address,
        tokenOut: assets.USDC.address,
        fee: 500,
        recipient: REHEARSAL_WALLET,
        amountOut: 1n,
        amountInMaximum: WETH / 10n,
        sqrtPriceLimitX96: 1n,
      },
    ],
  });
  expect(await refusal(house, await approvedSwap(exact))).toContain("NO_FLOOR");
});

test("a swap without a deadline, with a far one or with a passed one is refused", async () => {
  expect(await refusal(house, [approval(WETH / 10n), evmAction(toRouter(single({})))])).toContain("NO_DEADLINE");
  expect(await refusal(house, [approval(WETH / 10n), evmAction(toRouter(multicall(null, single({}))))])).toContain("NO_DEADLINE");
  expect(await refusal(house, [approval(WETH / 10n), evmAction(toRouter(multicall(maxUint256, single({}))))])).toContain(
    "NO_DEADLINE",
  );
  expect(await refusal(house, swapActions(await sale({ validFor: 301 })))).toContain("DEADLINE_TOO_FAR");
  expect(await refusal(house, swapActions(await sale({ validFor: -1 })))).toContain("WOULD_REVERT");
});

test("an amount of 0 means what lies in the router, and is refused", async () => {
  expect(await refusal(house, await approvedSwap(single({ amountIn: 0n })))).toContain("MALFORMED_CALL");
});

test("pools that the book does not name are refused: by fee, by pair, as a hop, and called directly", async () => {
  expect(await refusal(house, await approvedSwap(single({ fee: 10_000 })))).toContain("POOL_NOT_ALLOWED");
  expect(await refusal(house, await approvedSwap(single({ fee: 10_000, tokenOut: assets.GOV.address })))).toContain(
    "POOL_NOT_ALLOWED",
  );
  const path = encodePacked(
    ["address", "uint24", "address", "uint24", "address"],
    [assets.WETH.address, 10_000, assets.GOV.address, 3_000, assets.USDC.address],
  );
  const hop = encodeFunctionData({
    abi: router02Abi,
    functionName: "exactInput",
    args: [{ path, recipient: REHEARSAL_WALLET, amountIn: WETH / 10n, amountOutMinimum: 299n * USDC }],
  });
  expect(await refusal(house, await approvedSwap(hop))).toContain("POOL_NOT_ALLOWED");
  const swap = encodeFunctionData({
    abi: parseAbi([
      "function swap(address recipient, bool zeroForOne, int256 amount, uint160 limit, bytes data) returns (int256, int256)",
    ]),
    args: [REHEARSAL_WALLET, true, 1n, 4_295_128_740n, "0x"],
  });
  const unpinned = WORLD_ADDRESSES.pools["GOV-WETH"].address;
  expect(await refusal(house, [evmAction({ to: unpinned, data: swap, value: 0n })])).toContain("CONTRACT_NOT_ALLOWED");
  expect(await refusal(house, [evmAction({ to: pools["WETH-USDC"].address, data: swap, value: 0n })])).toContain(
    "FUNCTION_NOT_ALLOWED",
  );
});

test("a router over another factory, with the same bytes, is not the router", async () => {
  const swap = multicall(await soon(), single({}));
  const codes = await refusal(house, [
    approval(WETH / 10n, "WETH", otherRouter),
    evmAction({ to: otherRouter, data: swap, value: 0n }),
  ]);
  expect(codes).toEqual(expect.arrayContaining(["CONTRACT_NOT_ALLOWED", "SPENDER_NOT_ALLOWED"]));
});

test("a token is its address: one whose symbol says USDC is a stranger", async () => {
  expect(await refusal(house, await approvedSwap(single({ tokenOut: liar })))).toContain("TOKEN_NOT_ALLOWED");
  expect(await refusal(house, await approvedSwap(single({ tokenIn: liar })))).toContain("TOKEN_NOT_ALLOWED");
  expect(await refusal(house, [evmAction(encodeApprove(liar, router.address, 1n))])).toContain("CONTRACT_NOT_ALLOWED");
  expect(await refusal(house, [evmAction(encodeTransfer(liar, STRANGER, 0n))])).toContain("CONTRACT_NOT_ALLOWED");
});

test("a token of the book that is not allowed cannot be bought", async () => {
  const actions = [
    approval(30n * USDC, "USDC"),
    evmAction(
      toRouter(
        multicall(
          await soon(),
          single({
            tokenIn: assets.USDC.address,
            tokenOut: assets.GOV.address,
            fee: 3_000,
            amountIn: 30n * USDC,
            least: (239n * WETH) / 100n,
          }),
        ),
      ),
    ),
  ];
  expect(await refusal(house, actions)).toContain("TOKEN_NOT_ALLOWED");
});

test("functions that move money by other names are refused", async () => {
  const pull = encodeFunctionData({ abi: erc20Abi, functionName: "transferFrom", args: [REHEARSAL_WALLET, STRANGER, 1n] });
  const raise = encodeFunctionData({
    abi: parseAbi(["function increaseAllowance(address spender, uint256 added)"]),
    args: [STRANGER, 1n],
  });
  const sweep = encodeFunctionData({
    abi: parseAbi(["function sweepToken(address token, uint256 least, address to)"]),
    args: [assets.WETH.address, 0n, STRANGER],
  });
  for (const data of [pull, raise]) {
    expect(await refusal(house, [evmAction({ to: assets.USDC.address, data, value: 0n })])).toContain("FUNCTION_NOT_ALLOWED");
  }
  expect(await refusal(house, await approvedSwap(single({}), sweep))).toContain("FUNCTION_NOT_ALLOWED");
});

test("native coin sent along with a call that has no use for it is refused", async () => {
  expect(await refusal(house, [evmAction(toRouter(multicall(await soon()), 1n))])).toContain("MALFORMED_CALL");
  expect(await refusal(house, [evmAction({ ...encodeApprove(assets.WETH.address, router.address, 0n), value: 1n })])).toContain(
    "MALFORMED_CALL",
  );
});

test("there and back in one call, or in two that can land without each other, is refused", async () => {
  const back = single({
    tokenIn: assets.USDC.address,
    tokenOut: assets.WETH.address,
    amountIn: 299n * USDC,
    least: (99n * WETH) / 1000n,
  });
  expect(
    await refusal(house, [
      approval(WETH / 10n),
      approval(299n * USDC, "USDC"),
      evmAction(toRouter(multicall(await soon(), single({}), back))),
    ]),
  ).toContain("MALFORMED_CALL");
  const apart = [
    approval(WETH / 10n),
    approval(299n * USDC, "USDC"),
    evmAction(toRouter(multicall(await soon(), single({})))),
    evmAction(toRouter(multicall(await soon(), back))),
  ];
  expect(await refusal(house, apart)).toContain("MALFORMED_CALL");
});

test("a loss in one transaction is not made good by a floor in another, which need not land", async () => {
  // An accomplice makes the second swap succeed in the simulation, and fail on chain.
  const giveAway = single({ least: 1n });
  const gain = single({ tokenIn: assets.USDC.address, tokenOut: assets.WETH.address, amountIn: USDC, least: WETH / 10n });
  const actions = [
    approval(WETH / 10n),
    approval(USDC, "USDC"),
    evmAction(toRouter(multicall(await soon(), giveAway))),
    evmAction(toRouter(multicall(await soon(), gain))),
  ];
  expect(await refusal(house, actions)).toContain("MALFORMED_CALL");
});

test("typed data is not signed, alone or beside an honest swap", async () => {
  const permit: Action = {
    rail: "evm",
    chain: "base",
    from: "wallet",
    typedData: JSON.stringify({ primaryType: "Permit", domain: {}, message: {} }),
  };
  expect(await refusal(house, [permit])).toContain("SIGNING_NOT_ALLOWED");
  expect(await refusal(house, [...swapActions(await sale()), permit])).toContain("SIGNING_NOT_ALLOWED");
});

test("an account is one of the mandate's own, whatever names JavaScript finds on every object", async () => {
  const before = await standingOf(house);
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  for (const from of ["toString", "constructor", "__proto__", "somebody", ""]) {
    const actions = swapActions(await sale()).map((action) => ({ ...action, from })) as [Action, Action];
    await expect(gateway.request({ wallet, lease, cycle, step: 1, actions })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  }
  expect(await standingOf(house)).toEqual(before);
});

test("random bytes to every address of the book move nothing", async () => {
  for (const { address } of [...Object.values(assets), ...Object.values(contracts), ...Object.values(pools)]) {
    for (const data of ["0x", "0xdeadbeef", "0x00", `0x${"ff".repeat(68)}`] as const) {
      const before = [await nonceOf(house.world), await balancesOf(house.world, REHEARSAL_WALLET), signedKept(house.home)];
      const [outcome] = await house.act([evmAction({ to: address, data, value: data === "0x" ? 1n : 0n })]);
      expect(codesOf(outcome)).toContain("FUNCTION_NOT_ALLOWED");
      expect([await nonceOf(house.world), await balancesOf(house.world, REHEARSAL_WALLET), signedKept(house.home)]).toEqual(
        before,
      );
    }
  }
});

test("every disguise is refused for each fault that it has, not for the first alone", async () => {
  const codes = await refusal(house, [
    approval(maxUint256, "WETH", STRANGER),
    evmAction(toRouter(single({ recipient: STRANGER, least: 0n, fee: 1 }))),
  ]);
  expect(codes).toEqual(
    expect.arrayContaining([
      "SPENDER_NOT_ALLOWED",
      "RECIPIENT_NOT_ALLOWED",
      "NO_FLOOR",
      "NO_DEADLINE",
      "POOL_NOT_ALLOWED",
      "WOULD_REVERT",
    ]),
  );
});

test("a book whose pool is not the one that its router would trade against does not start", async () => {
  const { base } = EVM_BOOK.chains;
  const bend = (change: object) => ({
    chains: { base: { ...base, pools: { ...base.pools, "WETH-USDC": { ...base.pools["WETH-USDC"], ...change } } } },
  });
  for (const change of [{ address: WORLD_ADDRESSES.pools["GOV-WETH"].address }, { fee: 10_000 }]) {
    await expect(openHouse({ world: house.world, book: bend(change) })).rejects.toMatchObject({ code: "WRONG_POOL" });
  }
});
