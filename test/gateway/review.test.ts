import { join } from "node:path";
import { toHex } from "viem";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits } from "../../src/core/decimal.ts";
import type { Request } from "../../src/gateway/contract.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { unwrapCall, wrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { balancesOf, codesOf, nonceOf } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const WITH_ETH = { ...SHIPPED_LIMITS, allowed_tokens: ["WETH", "USDC", "ETH"] };
const GWEI = 10n ** 9n;

const wrap = (wei: bigint) => evmAction(wrapCall(assets.WETH.address, wei));
const unwrap = (wei: bigint) => evmAction(unwrapCall(assets.WETH.address, wei));

async function sale({ world }: House, amount = "0.1", floor = "298") {
  return swapActions({ sell: "WETH", buy: "USDC", amount, floor, now: await world.clock.now() });
}

async function purchase({ world }: House, usdc = "99", floor = "0.0329") {
  return swapActions({ sell: "USDC", buy: "WETH", amount: usdc, floor, now: await world.clock.now() });
}

async function etherOf(world: EvmWorld): Promise<bigint> {
  return (await balancesOf(world, REHEARSAL_WALLET)).ETH ?? 0n;
}

async function stateOf({ opened }: House) {
  return opened.gateway.state(opened.wallet);
}

async function used(house: House, budget: string): Promise<Decimal> {
  const { budgets } = await stateOf(house);
  return budgets.find((row) => row.budget === budget)?.used ?? decimal(0);
}

/** One block, with what waits and can pay, at a base fee, some time after the last. */
async function mineAt(world: EvmWorld, { baseFee, seconds = 1 }: { baseFee: bigint; seconds?: number }): Promise<void> {
  const now = (await world.clock.now()) / SECOND;
  await world.rpc("anvil_setNextBlockBaseFeePerGas", [toHex(baseFee)]);
  await world.rpc("evm_setNextBlockTimestamp", [toHex(now + seconds)]);
  await world.rpc("evm_mine");
}

/** What comes of what is open once blocks are cheap again. A node may have dropped what could not pay: it is sent anew. */
async function endOf({ world, opened }: House) {
  await opened.gateway.settle(opened.wallet);
  await mineAt(world, { baseFee: GWEI / 10n });
  await opened.gateway.settle(opened.wallet);
  await mineAt(world, { baseFee: GWEI / 10n });
  return opened.gateway.settle(opened.wallet);
}

interface SlowHouse extends AsyncDisposable {
  readonly house: House;
}

/** A house on a chain that mines only when it is told to: what is sent waits in the node's pool. */
async function slowHouse(limits: Readonly<Record<string, unknown>>): Promise<SlowHouse> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  const house = await openHouse({ world, endpoint: proxy.url, limits });
  await world.rpc("evm_setAutomine", [false]);
  proxy.meddle(async ({ method, params }) => {
    if (!isSend(method)) return "forward";
    // Nobody waits for it to be mined.
    await world.rpc("eth_sendRawTransaction", params);
    return "swallow";
  });
  return {
    house,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

async function entriesOf({ opened: { stream } }: House): Promise<number> {
  let count = 0;
  for await (const _ of stream.journal.read(stream.stream)) count += 1;
  return count;
}

test("taking a nonce back in a fee spike burns no more than was reserved for the call, and ends it once fees fall", async () => {
  await using slow = await slowHouse(SHIPPED_LIMITS);
  const { house } = slow;
  const { world } = house;
  const before = await etherOf(world);
  expect((await house.act(await sale(house)))[0]?.kind).toBe("open");
  const reserved = await used(house, "max_gas_usd_per_day");
  expect(reserved.gt(0)).toBe(true);
  await mineAt(world, { baseFee: 1_500n * GWEI, seconds: 400 });
  const { opened } = house;
  expect(await opened.gateway.settle(opened.wallet)).toMatchObject([{ kind: "open" }]);
  expect((await used(house, "max_gas_usd_per_day")).lte(reserved)).toBe(true);
  // What waits is worth nothing to a block of that price.
  await mineAt(world, { baseFee: 1_300n * GWEI });
  expect(await opened.gateway.settle(opened.wallet)).toMatchObject([{ kind: "open" }]);
  expect(await etherOf(world)).toBe(before);
  expect(await endOf(house)).toMatchObject([{ kind: "rejected", transactions: [{ status: "voided" }, { status: "voided" }] }]);
  const burnt = fromUnits(before - (await etherOf(world)), 18).times(3000);
  const after = await used(house, "max_gas_usd_per_day");
  expect(burnt.gt(0)).toBe(true);
  expect(burnt.lte(reserved)).toBe(true);
  expect(after.lte(reserved)).toBe(true);
  expect(reserved.lte(SHIPPED_LIMITS.max_gas_usd_per_day)).toBe(true);
});

test("a call whose bytes never expire loses its nonce after five minutes in the pool, not before", async () => {
  await using slow = await slowHouse(WITH_ETH);
  const { house } = slow;
  const { world } = house;
  const { gateway, wallet } = house.opened;
  expect((await house.act([wrap(10n ** 15n)]))[0]?.kind).toBe("open");
  await mineAt(world, { baseFee: 100n * GWEI, seconds: 4 * 60 });
  const [waiting] = await gateway.settle(wallet);
  expect(waiting).toMatchObject({ kind: "open" });
  expect(waiting?.kind === "open" && waiting.transactions.length).toBe(1);
  await mineAt(world, { baseFee: 100n * GWEI, seconds: 2 * 60 });
  expect(await endOf(house)).toMatchObject([{ kind: "rejected" }]);
  expect((await balancesOf(world, REHEARSAL_WALLET)).WETH).toBe(4n * 10n ** 17n);
});

test.each([
  ["a wrap", () => [wrap(10n ** 14n)]],
  ["a revoke", () => [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))]],
] as const)("%s that waits six minutes ends in an empty transfer and leaves nothing open", async (_, actionsOf) => {
  await using slow = await slowHouse(WITH_ETH);
  const { house } = slow;
  await house.act(actionsOf());
  await mineAt(house.world, { baseFee: 100n * GWEI, seconds: 361 });
  expect(await endOf(house)).toMatchObject([{ kind: "rejected", transactions: [{ status: "voided" }] }]);
  expect((await stateOf(house)).open).toEqual([]);
});

test("without the native coin among the tokens neither wrapping nor unwrapping passes, so no stop trips and no high rises", async () => {
  await using house = await openHouse({ limits: SHIPPED_LIMITS });
  await house.opened.gateway.open(house.opened.wallet);
  const { high_water_usd } = await stateOf(house);
  for (const action of [unwrap(10n ** 17n), unwrap(1n), wrap(15n * 10n ** 16n), wrap(1n)]) {
    expect(codesOf((await house.act([action]))[0])).toContain("TOKEN_NOT_ALLOWED");
  }
  expect(await nonceOf(house.world)).toBe(0);
  expect((await stateOf(house)).high_water_usd).toEqual(high_water_usd);
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
});

test("unwrapping is reducing only where its gas is within what an exit may cost", async () => {
  await using house = await openHouse({ limits: WITH_ETH });
  const { gateway, wallet } = house.opened;
  const shapeOf = async (wei: bigint) => {
    const session = await gateway.open(wallet);
    const verdict = await gateway.preview({ wallet, ...session, step: 1, actions: [unwrap(wei)] });
    return verdict.kind === "allow" ? verdict.atWorst : verdict.kind;
  };
  const whole = await shapeOf(10n ** 17n);
  expect(whole).toMatchObject({ class: "reduce" });
  const gas = typeof whole === "string" ? decimal(0) : whole.gas_usd.plus(whole.exit_gas_usd);
  // 100 bps of what is unwrapped, at $3,000.
  const edge = BigInt(gas.times(100).div(3000).times("1e18").toFixed(0));
  expect(await shapeOf((edge * 11n) / 10n)).toMatchObject({ class: "reduce" });
  expect(await shapeOf((edge * 9n) / 10n)).toMatchObject({ class: "trade" });
  expect(await shapeOf(1n)).toMatchObject({ class: "trade" });
});

test("unwrapping dust until the gas is gone leaves the gas for exits alone", async () => {
  await using house = await openHouse({ limits: { ...WITH_ETH, max_gas_usd_per_day: 1, max_trades_per_hour: "unlimited" } });
  let last: Awaited<ReturnType<House["act"]>>[number] | undefined;
  for (let i = 0n; i < 60n; i += 1n) {
    [last] = await house.act([unwrap(1n + (i % 2n))]);
    if (last?.kind !== "confirmed") break;
  }
  expect(codesOf(last)).toEqual(["GAS_BUDGET"]);
  expect(codesOf((await house.act([unwrap(10n ** 17n)]))[0])).toEqual(["GAS_BUDGET"]);
  expect((await used(house, "exit_gas_usd_per_day")).isZero()).toBe(true);
  expect((await house.act(await sale(house, "0.15", "447")))[0]?.kind).toBe("confirmed");
  expect((await used(house, "exit_gas_usd_per_day")).gt(0)).toBe(true);
});

test("a wallet with gas for one exit and no more can still exit", async () => {
  await using house = await openHouse({ limits: SHIPPED_LIMITS, funds: { ...START_FUNDS, ETH: "0.0008" } });
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("wrapping leaves native coin worth what exits may burn in a day, and an exit passes with what is left", async () => {
  await using house = await openHouse({ limits: WITH_ETH, funds: { ...START_FUNDS, ETH: "0.05" } });
  const held = await etherOf(house.world);
  expect(codesOf((await house.act([wrap(held - 6n * 10n ** 14n)]))[0])).toEqual(["GAS_RESERVE"]);
  expect((await house.act([wrap(held - 10n ** 15n)]))[0]?.kind).toBe("confirmed");
  const left = fromUnits(await etherOf(house.world), 18).times(3000);
  expect(left.gte(WITH_ETH.exit_gas_usd_per_day)).toBe(true);
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test.each([
  ["the same limits", SHIPPED_LIMITS],
  ["wider limits", { ...SHIPPED_LIMITS, max_single_trade_usd: 5000, max_daily_spend_usd: 50_000 }],
])("a key taken to another home does not start there, with %s", async (_, limits) => {
  await using house = await openHouse({ limits: SHIPPED_LIMITS });
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
  await house.opened.close();
  await expect(openHouse({ world: house.world, keyFile: join(house.home, "key.json"), limits })).rejects.toMatchObject({
    code: "KEY_PINNED_ELSEWHERE",
  });
  await house.restart();
  expect((await used(house, "max_daily_spend_usd")).gte(99)).toBe(true);
});

test.each([
  ["USDC", 18],
  ["WETH", 6],
] as const)("a book that gives %s %i decimals does not start", async (symbol, decimals) => {
  const { base } = EVM_BOOK.chains;
  const book = { chains: { base: { ...base, assets: { ...base.assets, [symbol]: { ...base.assets[symbol], decimals } } } } };
  await expect(openHouse({ limits: SHIPPED_LIMITS, book })).rejects.toMatchObject({ code: "WRONG_DECIMALS" });
});

test("a denial asked for again is read back, adds nothing to the journal and binds its step, after a restart too", async () => {
  await using house = await openHouse({ limits: SHIPPED_LIMITS });
  const { wallet } = house.opened;
  const session = await house.opened.gateway.open(wallet);
  const denied: Request = { wallet, ...session, step: 1, actions: [wrap(5n * 10n ** 17n)] };
  const other: Request = { ...denied, actions: await sale(house) };
  const first = await house.opened.gateway.request(denied);
  expect(codesOf(first)).toContain("TOKEN_NOT_ALLOWED");
  // Whatever a new judgment would say, the record holds.
  await house.world.advance((await house.world.clock.now()) + 10 * MINUTE);
  await house.world.setTruePrice("WETH", "3300");
  for (const reopened of [false, true]) {
    if (reopened) await house.restart();
    const { gateway } = house.opened;
    const entries = await entriesOf(house);
    for (let i = 0; i < 3; i += 1) expect(await gateway.request(denied)).toEqual(first);
    await expect(gateway.request(other)).rejects.toMatchObject({ code: "KEY_REUSED" });
    expect(await entriesOf(house)).toBe(entries);
  }
  const { gateway } = house.opened;
  const next = await gateway.request({ ...other, step: 2, actions: await sale(house, "0.1", "329") });
  expect(codesOf(next)).toEqual([]);
  expect(next.kind).toBe("confirmed");
});

test("what could not be simulated is refused for that alone: no drawdown and no gas is made up", async () => {
  await using house = await openHouse({ limits: SHIPPED_LIMITS, funds: { ...START_FUNDS, ETH: "0.00001" } });
  await house.opened.gateway.open(house.opened.wallet);
  for (const actions of [await sale(house), await purchase(house)]) {
    const codes = codesOf((await house.act(actions))[0]);
    expect(codes).toContain("CANNOT_SIMULATE");
    for (const invented of ["DRAWDOWN", "GAS_BUDGET", "GAS_RESERVE", "POSITION_TOO_LARGE"]) expect(codes).not.toContain(invented);
  }
});

test("a wallet without a wei of gas is told so", async () => {
  await using house = await openHouse({ limits: SHIPPED_LIMITS, funds: { WETH: "0.4", USDC: "300" } });
  const [outcome] = await house.act(await sale(house));
  expect(outcome?.kind === "refused" && outcome.verdict.kind === "deny" && outcome.verdict.violations[0]).toMatchObject({
    code: "CANNOT_SIMULATE",
    message: expect.stringContaining("ETH"),
  });
});
