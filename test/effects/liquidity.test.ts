import { decodeFunctionResult, encodeFunctionData, type Hex } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import { sum } from "../../src/core/decimal.ts";
import type { Address } from "../../src/core/hex.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { Action, Effects } from "../../src/protocols/effects.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { positionsAbi as abi, poolAbi, positionsReadAbi } from "../../src/protocols/uniswap-v3/abi.ts";
import type { OwnPosition } from "../../src/protocols/uniswap-v3/position.ts";
import { readPositions } from "../../src/protocols/uniswap-v3/read-positions.ts";
import { amountsOf, sqrtRatioAtTick } from "../../src/protocols/uniswap-v3/tick-math.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse } from "../support/house.ts";
import { HOSTILE_LIMITS } from "../support/refusal.ts";
import { codesOf, STRANGER } from "../support/standing.ts";
import { FULL_BOOK } from "./support/full-book.ts";

const { assets, contracts, pools } = FULL_BOOK.chains.base;
const { WETH, USDC } = assets;
const manager = contracts.positions.address;
const own = REHEARSAL_WALLET;
const LIMITS = { ...HOSTILE_LIMITS, max_trades_per_hour: 100, max_single_trade_usd: 2000, max_daily_loss_usd: 20 };
const [token0, token1] = [WETH.address, USDC.address].sort() as [Address, Address];
const wethFirst = token0 === WETH.address;
const MOST = (1n << 128n) - 1n;
/** WETH at 3,000 USDC is tick ±196,256 or so; 600 ticks are about 6 %. */
const CENTRE = (wethFirst ? -1 : 1) * 196_260;
const RANGE = { tickLower: CENTRE - 600, tickUpper: CENTRE + 600 };

let house: House;
beforeEach(async () => {
  house = await openHouse({ limits: LIMITS, book: FULL_BOOK, funds: { ETH: "1", WETH: "0.4", USDC: "1200" } });
});
afterEach(() => house[Symbol.asyncDispose]());

const deadline = async () => BigInt(Math.floor((await house.world.clock.now()) / SECOND) + 240);
const call = (data: Hex): Action => evmAction({ to: manager, data, value: 0n });
const approve = (token: Address, amount: bigint): Action => evmAction(encodeApprove(token, manager, amount));
const act = async (...actions: readonly Action[]): Promise<Outcome | undefined> => (await house.act(actions))[0];

interface Supply {
  /** The minimums as shares of what is taken, in basis points. */
  readonly least?: readonly [weth: bigint, usdc: bigint];
  readonly recipient?: Address;
  readonly fee?: number;
  readonly range?: { readonly tickLower: number; readonly tickUpper: number };
}

/** What the range takes for 0.1 WETH at the pool's own price, and the minimums. */
async function amounts([weth, usdc]: readonly [bigint, bigint]) {
  const data = encodeFunctionData({ abi: poolAbi, functionName: "slot0" });
  const answer = (await house.world.rpc("eth_call", [{ to: pools["WETH-USDC"].address, data }, "latest"])) as Hex;
  const [price] = decodeFunctionResult({ abi: poolAbi, functionName: "slot0", data: answer });
  const [lower, upper] = [sqrtRatioAtTick(RANGE.tickLower) ?? 0n, sqrtRatioAtTick(RANGE.tickUpper) ?? 0n];
  const probe = amountsOf(10n ** 18n, { price, lower, upper });
  const liquidity = (10n ** 18n * 10n ** 17n) / probe[wethFirst ? 0 : 1];
  const [amount0, amount1] = amountsOf(liquidity, { price, lower, upper });
  const [share0, share1] = wethFirst ? [weth, usdc] : [usdc, weth];
  return {
    amount0Desired: amount0 + 1n,
    amount1Desired: amount1 + 1n,
    amount0Min: (amount0 * share0) / 10_000n,
    amount1Min: (amount1 * share1) / 10_000n,
  };
}

async function mint({
  least = [9_980n, 9_980n],
  recipient = own,
  fee = 500,
  range = RANGE,
}: Supply = {}): Promise<readonly Action[]> {
  const of = await amounts(least);
  const params = { token0, token1, fee, ...range, ...of, recipient, deadline: await deadline() };
  return supplying(of.amount0Desired, of.amount1Desired, encodeFunctionData({ abi, functionName: "mint", args: [params] }));
}

/** Exact approvals before, and revokes after: a manager takes less than it may. */
function supplying(amount0: bigint, amount1: bigint, data: Hex): readonly Action[] {
  return [approve(token0, amount0), approve(token1, amount1), call(data), approve(token0, 0n), approve(token1, 0n)];
}

const decreaseData = (id: bigint, liquidity: bigint, [amount0Min, amount1Min]: readonly [bigint, bigint], until: bigint): Hex =>
  encodeFunctionData({
    abi,
    functionName: "decreaseLiquidity",
    args: [{ tokenId: id, liquidity, amount0Min, amount1Min, deadline: until }],
  });
const collectData = (id: bigint, recipient: Address = own): Hex =>
  encodeFunctionData({ abi, functionName: "collect", args: [{ tokenId: id, recipient, amount0Max: MOST, amount1Max: MOST }] });
const burnData = (id: bigint): Hex => encodeFunctionData({ abi, functionName: "burn", args: [id] });
const multicall = (...data: readonly Hex[]): Action => call(encodeFunctionData({ abi, functionName: "multicall", args: [data] }));

async function held(): Promise<readonly OwnPosition[]> {
  return readPositions(rpcClient(house.world.url), {
    chain: "base",
    book: house.mandate.terms.book.chains.base ?? never(),
    accounts: { wallet: own },
    block: "latest",
  });
}
function never(): never {
  throw new TypeError("the book has no chain");
}
async function minted(): Promise<OwnPosition> {
  expect((await act(...(await mint())))?.kind).toBe("confirmed");
  return (await held())[0] ?? never();
}

async function effectsOf(...actions: readonly Action[]): Promise<Effects> {
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const [first, ...rest] = actions;
  if (!first) return never();
  return (await gateway.preview({ wallet, lease, cycle, step: 1, actions: [first, ...rest] })).effects;
}
const usd = { "base/WETH": 3000, "base/ETH": 3000, "base/USDC": 1 } as Readonly<Record<string, number>>;
const worth = ({ before }: Effects) => sum(before.map(({ asset, amount }) => amount.times(usd[asset] ?? 0))).toNumber();
const inside = ({ before }: Effects) => before.filter(({ account }) => account === "positions");

test("a mint is bounded by its minimums at the pinned price, and worth what it holds", async () => {
  const before = worth(await effectsOf(approve(token0, 0n)));
  const outcome = await act(...(await mint()));
  expect(codesOf(outcome)).toEqual([]);
  expect(outcome?.kind).toBe("confirmed");
  const after = await effectsOf(approve(token0, 0n));
  expect(inside(after)).toHaveLength(2);
  // Nothing but gas is gone: liquidity in a pool at the pinned price is worth what went in.
  expect(before - worth(after)).toBeGreaterThan(0);
  expect(before - worth(after)).toBeLessThan(3);
  const { budgets, stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toBeNull();
  expect(budgets.find(({ budget }) => budget === "max_daily_loss_usd")?.used.toNumber()).toBeLessThan(1);
});

test("the journal counts the position, and the value at the next cycle is what it was", async () => {
  await house.opened.gateway.open(house.opened.wallet);
  await minted();
  await house.opened.gateway.open(house.opened.wallet);
  const { holdings, stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toBeNull();
  expect(holdings.some(({ asset, amount }) => asset.startsWith("base/lp:positions:") && amount.gt(0))).toBe(true);
});

test.each<readonly [string, Supply, string]>([
  ["without one minimum", { least: [0n, 9_980n] }, "NO_FLOOR"],
  ["without the other minimum", { least: [9_980n, 0n] }, "NO_FLOOR"],
  ["with minimums far below", { least: [5_000n, 5_000n] }, "SLIPPAGE"],
  ["for somebody else", { recipient: STRANGER }, "RECIPIENT_NOT_ALLOWED"],
  ["for the manager's own placeholder", { recipient: `0x${"00".repeat(20)}` }, "RECIPIENT_NOT_ALLOWED"],
  ["into a pool that is not in the book", { fee: 10_000 }, "POOL_NOT_ALLOWED"],
  ["in a range that is none", { range: { tickLower: RANGE.tickUpper, tickUpper: RANGE.tickLower } }, "MALFORMED_CALL"],
])("a mint %s is refused", async (_, supply, code) => {
  expect(codesOf(await act(...(await mint(supply))))).toContain(code);
});

test("nothing goes into a pool that stands off the pinned price", async () => {
  await house.world.freezeFeeds(true);
  await house.world.setTruePrice("WETH", "3040");
  const effects = await effectsOf(...(await mint({ least: [9_980n, 9_980n] })));
  expect(effects.pools[0]?.bps?.toNumber()).toBeGreaterThan(50);
  expect(codesOf(await act(...(await mint({ least: [9_980n, 9_980n] }))))).toContain("SLIPPAGE");
});

test("a position is increased, and its way out is one call that counts as reducing", async () => {
  const position = await minted();
  const of = await amounts([9_980n, 9_980n]);
  const params = { tokenId: position.id, ...of, deadline: await deadline() };
  const more = encodeFunctionData({ abi, functionName: "increaseLiquidity", args: [params] });
  const increased = await act(...supplying(of.amount0Desired, of.amount1Desired, more));
  expect(codesOf(increased)).toEqual([]);
  const { liquidity } = (await held())[0] ?? never();
  expect(liquidity > position.liquidity).toBe(true);
  await house.restart();
  const half = await amounts([9_950n, 9_950n]);
  const out = multicall(
    decreaseData(position.id, liquidity, [half.amount0Min * 2n, half.amount1Min * 2n], await deadline()),
    collectData(position.id),
    burnData(position.id),
  );
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const preview = await gateway.preview({ wallet, lease, cycle, step: 1, actions: [out] });
  expect(preview).toMatchObject({ kind: "allow", atWorst: { class: "reduce" } });
  const outcome = await act(out);
  expect(codesOf(outcome)).toEqual([]);
  expect(outcome?.kind).toBe("confirmed");
  expect(await held()).toEqual([]);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("taking liquidity out without minimums is a loss of all of it", async () => {
  const { id, liquidity } = await minted();
  const codes = codesOf(await act(multicall(decreaseData(id, liquidity, [0n, 0n], await deadline()), collectData(id))));
  expect(codes).toEqual(expect.arrayContaining(["SLIPPAGE", "DAILY_LOSS"]));
});

test("fees are collected in full to an own account, and count as held before that", async () => {
  const { id } = await minted();
  await house.world.advance((await house.world.clock.now()) + 1_800 * SECOND);
  const [{ owed0, owed1 }] = [(await held())[0] ?? never()];
  expect(owed0 + owed1 > 0n).toBe(true);
  const before = await effectsOf(call(collectData(id)));
  expect(before.before.some(({ account, amount }) => account === "positions.owed" && amount.gt(0))).toBe(true);
  expect(before.unknown).toEqual([]);
  expect(before.deltas.filter(({ account, least }) => account === "wallet" && least.gt(0)).length).toBeGreaterThan(0);
});

test.each<readonly [string, (id: bigint, stranger: bigint, until: bigint) => Action, string]>([
  ["collects to somebody else", (id) => call(collectData(id, STRANGER)), "RECIPIENT_NOT_ALLOWED"],
  ["collects to the manager", (id) => call(collectData(id, `0x${"00".repeat(20)}`)), "RECIPIENT_NOT_ALLOWED"],
  ["collects from a position of others", (_, other) => call(collectData(other)), "RECIPIENT_NOT_ALLOWED"],
  [
    "decreases a position of others",
    (_, other, until) => call(decreaseData(other, 1n, [1n, 1n], until)),
    "RECIPIENT_NOT_ALLOWED",
  ],
  [
    "adds to a position of others, deep in a multicall",
    (_, other, until) => {
      const params = { tokenId: other, amount0Desired: 1n, amount1Desired: 1n, amount0Min: 1n, amount1Min: 1n, deadline: until };
      const data = encodeFunctionData({ abi, functionName: "increaseLiquidity", args: [params] });
      return multicall(encodeFunctionData({ abi, functionName: "multicall", args: [[data]] }));
    },
    "RECIPIENT_NOT_ALLOWED",
  ],
  [
    "gives the position away",
    (id) => call(encodeFunctionData({ abi: erc721, functionName: "safeTransferFrom", args: [own, STRANGER, id] })),
    "RECIPIENT_NOT_ALLOWED",
  ],
  [
    "approves the position",
    (id) => call(encodeFunctionData({ abi: erc721, functionName: "approve", args: [STRANGER, id] })),
    "SPENDER_NOT_ALLOWED",
  ],
  [
    "gives an operator all positions",
    () => call(encodeFunctionData({ abi: erc721, functionName: "setApprovalForAll", args: [STRANGER, true] })),
    "SPENDER_NOT_ALLOWED",
  ],
  ["never stops being valid", (id) => call(decreaseData(id, 1n, [1n, 1n], (1n << 256n) - 1n)), "NO_DEADLINE"],
  ["sends ether along", (id) => evmAction({ to: manager, data: collectData(id), value: 1n }), "MALFORMED_CALL"],
])("a call that %s is refused", async (_, action, code) => {
  const { id } = await minted();
  expect(codesOf(await act(action(id, 1n, await deadline())))).toContain(code);
});

test("a pool that is moved does not change what a position is worth", async () => {
  await minted();
  const before = worth(await effectsOf(approve(token0, 0n)));
  await house.world.freezeFeeds(true);
  await house.world.setTruePrice("WETH", "3300");
  expect(worth(await effectsOf(approve(token0, 0n)))).toBeCloseTo(before, 0);
});

test("what is left waiting in a position without liquidity is in the high, and in what is worth something", async () => {
  const high = async () => {
    await house.opened.gateway.open(house.opened.wallet);
    return (await house.opened.gateway.state(house.opened.wallet)).high_water_usd?.toNumber() ?? 0;
  };
  const position = await minted();
  const least = await amounts([9_950n, 9_950n]);
  const out = decreaseData(position.id, position.liquidity, [least.amount0Min, least.amount1Min], await deadline());
  expect((await act(call(out)))?.kind).toBe("confirmed");
  await house.world.setTruePrice("WETH", "6000");
  expect(await high()).toBeCloseTo(3600, 0);
  expect((await act(call(collectData(position.id))))?.kind).toBe("confirmed");
  expect(await high()).toBeCloseTo(3600, 0);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

/** Positions that a stranger opens in the wallet's name, one unit of liquidity or little more each. */
async function gifts(count: number): Promise<void> {
  const { world } = house;
  await world.fund(STRANGER, { ETH: "10", WETH: "1", USDC: "3000" });
  await world.rpc("anvil_impersonateAccount", [STRANGER]);
  const send = (to: Address, data: Hex) =>
    world.rpc("eth_sendTransaction", [{ from: STRANGER, to, data, gas: "0x7a120" }]) as Promise<Hex>;
  for (const token of [token0, token1]) await send(token, encodeApprove(token, manager, 10n ** 24n).data);
  const amounts = { amount0Desired: 10_000n, amount1Desired: 10n ** 13n, amount0Min: 0n, amount1Min: 0n };
  const given = wethFirst ? { ...amounts, amount0Desired: 10n ** 13n, amount1Desired: 10_000n } : amounts;
  const params = { token0, token1, fee: 500, ...RANGE, ...given, recipient: own, deadline: await deadline() };
  const data = encodeFunctionData({ abi, functionName: "mint", args: [params] });
  for (let i = 0; i < count; i += 1) await send(manager, data);
  await world.mine();
}

test("positions that strangers send hide none that is held, and beside too many of them none is opened", async () => {
  const position = await minted();
  await gifts(64);
  const seen = await held();
  expect(seen.length).toBe(65);
  expect(seen.some(({ id }) => id === position.id)).toBe(true);
  expect(codesOf(await act(...(await mint())))).toContain("CANNOT_SIMULATE");
  const least = await amounts([9_950n, 9_950n]);
  const until = await deadline();
  const out = multicall(
    decreaseData(position.id, position.liquidity, [least.amount0Min, least.amount1Min], until),
    collectData(position.id),
    burnData(position.id),
  );
  expect((await act(out))?.kind).toBe("confirmed");
});

const erc721 = [
  ...positionsReadAbi,
  {
    type: "function",
    name: "safeTransferFrom",
    stateMutability: "nonpayable",
    inputs: [
      { name: "from", type: "address" },
      { name: "to", type: "address" },
      { name: "id", type: "uint256" },
    ],
    outputs: [],
  },
  {
    type: "function",
    name: "approve",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "id", type: "uint256" },
    ],
    outputs: [],
  },
  {
    type: "function",
    name: "setApprovalForAll",
    stateMutability: "nonpayable",
    inputs: [
      { name: "operator", type: "address" },
      { name: "approved", type: "bool" },
    ],
    outputs: [],
  },
] as const;
