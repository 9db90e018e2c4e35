import { encodeFunctionData, erc20Abi } from "viem";
import { expect, test } from "vitest";
import type { HomeEvent } from "../../src/agent/bring-home.ts";
import { type Decimal, decimal, fromUnits } from "../../src/core/decimal.ts";
import type { Address } from "../../src/core/hex.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import type { BookView } from "../../src/protocols/protocol.ts";
import { positionsAbi } from "../../src/protocols/uniswap-v3/abi.ts";
import { collectData } from "../../src/protocols/uniswap-v3/encode-positions.ts";
import { readPositions } from "../../src/protocols/uniswap-v3/read-positions.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import { readEvmIntent } from "../../src/venues/evm/intents.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { letGo, squeeze, startArena } from "../attack/support/accomplice.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import { evmAction, mandateOf, swapAction } from "../support/house.ts";
import { MALLORY, malloryDoes } from "../support/mallory.ts";
import { balancesOf, codesOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { governedHouse, purchase, sale } from "./support/governed-house.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const LIMITS = {
  allowed_tokens: ["WETH", "USDC", "GOV"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};
const MANAGER = FULL_BOOK.chains.base.contracts.positions.address;
const UNLIMITED = 2n ** 256n - 1n;
const RICHES = { ETH: "10", WETH: "10", USDC: "20000", GOV: "1000" };
const FUNDS = { ETH: "1", WETH: "0.4", USDC: "300", GOV: "20" };

const VAULT = FULL_BOOK.chains.base.assets.vUSDC.address;
/** Where the code of each as it was is kept. */
const BEHIND: Readonly<Record<Address, Address>> = {
  [assets.GOV.address]: "0x00000000000000000000000000000000000bee00",
  [VAULT]: "0x00000000000000000000000000000000000bee01",
};
const MOOD = { selector: "0xbeef", falsely: "0xbef0" } as const;
const SELECTORS = {
  transferFrom: "23b872dd",
  approve: "095ea7b3",
  balanceOf: "70a08231",
  transfer: "a9059cbb",
  convertToAssets: "07a2d13a",
} as const;

/**
 * In front of a token's own code: a call of the function that a slot names reverts, or says false where another slot says so.
 * It stands there from the beginning, so its code is pinned and never changes.
 */
const moody = (behind: Address) =>
  [
    "6000",
    "35",
    "60e0",
    "1c",
    "61beef",
    "54",
    "14",
    "6044",
    "57",
    "36",
    "6000",
    "6000",
    "37",
    "6000",
    "6000",
    "36",
    "6000",
    `73${behind.slice(2)}`,
    "5a",
    "f4",
    "3d",
    "6000",
    "6000",
    "3e",
    "603f",
    "57",
    "3d",
    "6000",
    "fd",
    "5b",
    "3d",
    "6000",
    "f3",
    "5b",
    "61bef0",
    "54",
    "6051",
    "57",
    "6000",
    "6000",
    "fd",
    "5b",
    "6000",
    "6000",
    "52",
    "6020",
    "6000",
    "f3",
  ].join("");

async function moodyWorld(): Promise<EvmWorld> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: FUNDS, [MALLORY]: RICHES } });
  for (const [at, behind] of Object.entries(BEHIND)) {
    await world.rpc("anvil_setCode", [behind, await world.rpc("eth_getCode", [at, "latest"])]);
    await world.rpc("anvil_setCode", [at, `0x${moody(behind)}`]);
  }
  return world;
}

function word(hex: string): string {
  return `0x${hex.padStart(64, "0")}`;
}

async function turn(world: EvmWorld, selector: string, falsely = false, at: Address = assets.GOV.address): Promise<void> {
  await world.rpc("anvil_setStorageAt", [at, word(MOOD.selector.slice(2)), word(selector)]);
  await world.rpc("anvil_setStorageAt", [at, word(MOOD.falsely.slice(2)), word(falsely ? "1" : "0")]);
  await world.mine();
}

const WAYS: readonly (readonly [string, keyof typeof SELECTORS, boolean])[] = [
  ["reverts when it is taken", "transferFrom", false],
  ["says false when it is taken", "transferFrom", true],
  ["lets nobody approve", "approve", false],
];

/** Everything but GOV is cash, at the price of exits at most, and GOV is all there. */
async function restIsHome(world: EvmWorld, before: Decimal): Promise<void> {
  const held = await balancesOf(world, REHEARSAL_WALLET);
  expect(held.WETH).toBe(0n);
  expect(fromUnits(held.USDC ?? 0n, 6).gte(before.times("0.99"))).toBe(true);
}

/** What would be cash without GOV, USD. */
const WITHOUT_GOV = (world: EvmWorld) => world.truePrice("WETH").times(FUNDS.WETH).plus(FUNDS.USDC);

test.each(WAYS)("a token that %s stays and is named with why, and everything else is home", async (_, fn, falsely) => {
  await using stage = await moodyStage();
  const { world, governed } = stage;
  await turn(world, SELECTORS[fn], falsely);
  await governed.operator.freeze("home");
  const report = await walkHome(governed);
  expect(report).toMatchObject({ home: false, left: [{ asset: "base/GOV", why: expect.stringContaining("WOULD_REVERT") }] });
  await restIsHome(world, WITHOUT_GOV(world));
  await turn(world, "");
  expect(await walkHome(governed)).toMatchObject({ home: true, left: [] });
});

test("an allowance that its token does not let be ended is named, what it covers is sold by it, and everything is home", async () => {
  await using stage = await moodyStage();
  const { world, governed } = stage;
  await world.rpc("anvil_impersonateAccount", [REHEARSAL_WALLET]);
  const { data } = encodeApprove(assets.GOV.address, contracts.router.address, 10n ** 30n);
  await world.rpc("eth_sendTransaction", [{ from: REHEARSAL_WALLET, to: assets.GOV.address, data }]);
  await world.mine();
  await turn(world, SELECTORS.approve);
  await governed.operator.freeze("home");
  const shown = await governed.operator.standing();
  await governed.operator.reconcile({ seen: shown.hash, why: "not ours", declare: false });
  const report = await walkHome(governed);
  expect(report).toMatchObject({
    home: true,
    left: [{ asset: "base/GOV", why: expect.stringContaining("an allowance of it stays") }],
  });
  expect((await balancesOf(world, REHEARSAL_WALLET)).GOV).toBe(0n);
  await restIsHome(world, WITHOUT_GOV(world));
});

test("a token that does not say who holds what is named with what to do: without it in the mandate everything else is home", async () => {
  await using stage = await moodyStage();
  const { world, governed } = stage;
  const { house, operator } = governed;
  await operator.freeze("home");
  await turn(world, SELECTORS.balanceOf);
  await expect(walkHome(governed)).rejects.toMatchObject({
    code: "CHAIN_UNREACHABLE",
    message: expect.stringContaining("GOV"),
    remedy: expect.stringContaining("mandate amend"),
  });
  const without = mandateOf({ ...LIMITS, allowed_tokens: ["WETH", "USDC"] }, withoutGov());
  await operator.amend(termsHash(house.mandate.terms), termsToJson(without.terms));
  expect(await walkHome({ house: { world, mandate: without }, operator })).toMatchObject({ home: true, left: [] });
  await turn(world, "");
  await restIsHome(world, WITHOUT_GOV(world));
});

test("a pool that an accomplice pushes away is not sold into, the rest is home, and it is sold when the pool is back", async () => {
  const world = await startArena(7, { ETH: "1", WETH: "0.4", USDC: "300", GOV: "20" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => world.stop());
  const governed = stack.use(await governedHouse({ limits: LIMITS, world }));
  await governed.operator.freeze("home");
  const fair = world.truePrice("GOV").times(20);
  const before = WITHOUT_GOV(world);
  await squeeze(world, { sell: "GOV", buy: "USDC", fee: POOL_FEE, amount: decimal(20), floor: fair.times("0.9") });
  const report = await walkHome(governed);
  expect(report).toMatchObject({ home: false, left: [{ asset: "base/GOV" }] });
  await restIsHome(world, before);
  await letGo(world);
  expect(await walkHome(governed)).toMatchObject({ home: true, left: [] });
  const held = await balancesOf(world, REHEARSAL_WALLET);
  expect(fromUnits(held.USDC ?? 0n, 6).gte(before.plus(fair).times("0.99"))).toBe(true);
});

/** A position in a pool that the book does not name, with something to collect, from a stranger. */
async function giveLiquidity(world: EvmWorld, book: BookView): Promise<void> {
  const [token0, token1] = [assets.GOV.address, assets.WETH.address].sort() as [Address, Address];
  for (const token of [token0, token1]) await malloryDoes(world, encodeApprove(token, MANAGER, UNLIMITED));
  const deadline = BigInt(2 ** 40);
  const range = { tickLower: -887_200, tickUpper: 887_200, amount0Min: 0n, amount1Min: 0n, deadline };
  const most = { amount0Desired: 10n ** 18n, amount1Desired: 10n ** 18n };
  const mint = { token0, token1, fee: 10_000, ...range, ...most, recipient: MALLORY };
  await malloryDoes(world, { to: MANAGER, data: encodeFunctionData({ abi: positionsAbi, functionName: "mint", args: [mint] }) });
  const reading = { chain: "base", book, accounts: { mallory: MALLORY }, block: "latest" };
  const [{ id, liquidity } = never()] = await readPositions(rpcClient(world.url), reading);
  const part = { tokenId: id, liquidity: liquidity / 2n, amount0Min: 0n, amount1Min: 0n, deadline };
  const decrease = encodeFunctionData({ abi: positionsAbi, functionName: "decreaseLiquidity", args: [part] });
  const give = encodeFunctionData({ abi: erc20Abi, functionName: "transferFrom", args: [MALLORY, REHEARSAL_WALLET, id] });
  for (const data of [decrease, give]) await malloryDoes(world, { to: MANAGER, data });
}

function never(): never {
  throw new TypeError("the position was minted");
}

test("liquidity whose token cannot be paid out, a stranger's gift among it, locks nothing else in: it is named, and comes home once it can be paid", async () => {
  await using stage = await moodyStage(FULL_BOOK, { ...LIMITS, allowed_tokens: ["WETH", "USDC", "GOV", "vUSDC"] });
  const { world, governed } = stage;
  const { house, operator } = governed;
  await giveLiquidity(world, house.mandate.terms.book.chains.base ?? never());
  await turn(world, SELECTORS.transfer);
  const sells = async (weth = "0.02", floor = "59.8") => codesOf((await house.act(await sale(house, weth, floor)))[0]);
  expect(await sells()).toEqual([]);
  await turn(world, "");
  const venue = evmVenue({ mandate: house.mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  const open = readEvmIntent({ kind: "LP_OPEN", pool: "base/GOV-USDC", range_pct: "6", value_usd: "40" });
  const opened = (await house.act(venue.compile(open, await venue.observe())))[0];
  expect(codesOf(opened)).toEqual([]);
  expect(opened?.kind).toBe("confirmed");
  const now = await world.clock.now();
  for (const [sell, buy, amount] of [["USDC", "GOV", "100"] as const, ["GOV", "USDC", "8"] as const]) {
    await malloryDoes(world, encodeApprove(assets[sell].address, contracts.router.address, UNLIMITED));
    const swap = swapAction({ sell, buy, amount, floor: "0", now, fee: POOL_FEE, recipient: MALLORY });
    if ("call" in swap) await malloryDoes(world, swap.call);
  }
  const deposit = readEvmIntent({ kind: "VAULT_DEPOSIT", vault: "base/vUSDC", amount: "50" });
  expect(codesOf((await house.act(venue.compile(deposit, await venue.observe())))[0])).toEqual([]);
  await turn(world, SELECTORS.transfer);
  expect(await sells()).toEqual([]);
  const [{ own } = never()] = (await venue.observe()).positions;
  const data = collectData(own.id, REHEARSAL_WALLET, own.token0 === assets.USDC.address ? 0 : 1);
  expect(codesOf((await house.act([evmAction({ to: MANAGER, data, value: 0n })]))[0]), "fees of the other token").toEqual([]);
  await turn(world, SELECTORS.convertToAssets, false, VAULT);
  expect(codesOf((await house.act(await purchase(house, "20", "0.00664")))[0])).toEqual(["VAULT_SILENT"]);
  expect(await sells("0.16", "478.4")).toEqual([]);
  await operator.freeze("home");
  const report = await walkHome(governed);
  expect(report).toMatchObject({
    home: false,
    left: [
      { asset: expect.stringContaining("base/lp:positions:"), why: expect.stringContaining("one of its tokens stays in it") },
      { asset: "base/vUSDC", why: expect.stringContaining("without a price") },
    ],
  });
  const half = (await balancesOf(world, REHEARSAL_WALLET)).USDC ?? 0n;
  expect(await balancesOf(world, REHEARSAL_WALLET)).toMatchObject({ WETH: 0n, GOV: 0n });
  await turn(world, "");
  await turn(world, "", false, VAULT);
  const events: HomeEvent[] = [];
  expect(await walkHome(governed, events)).toMatchObject({ home: true, left: [] });
  // What only waits to be collected can be many gifts: it takes no gas from what is held.
  expect(events.map(({ asset }) => asset)).toEqual(["base/vUSDC", `base/lp:positions:${own.id}`, "base/GOV"]);
  expect((await venue.observe()).positions).toEqual([]);
  expect(((await balancesOf(world, REHEARSAL_WALLET)).USDC ?? 0n) - half).toBeGreaterThan(60_000_000n);
});

const POOL_FEE = EVM_BOOK.chains.base.pools["GOV-USDC"].fee;

function withoutGov(): object {
  const { base } = EVM_BOOK.chains;
  const { GOV: _asset, ...rest } = base.assets;
  const { GOV: _feed, ...feeds } = base.feeds;
  const { "GOV-USDC": _pool, ...pools } = base.pools;
  return { chains: { base: { ...base, assets: rest, feeds, pools } } };
}

async function moodyStage(book: object = EVM_BOOK, limits: object = LIMITS) {
  const stack = new AsyncDisposableStack();
  const world = await moodyWorld();
  stack.defer(() => world.stop());
  const governed = stack.use(await governedHouse({ limits: { ...limits }, world, book }));
  await governed.house.opened.gateway.open(governed.house.opened.wallet);
  return { world, governed, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
