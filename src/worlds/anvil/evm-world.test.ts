import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeFunctionResult, encodeFunctionData, maxUint256, parseAbi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HOUR, isoTime, MINUTE, SECOND } from "../../core/clock.ts";
import { decimal, fromUnits, toUnits } from "../../core/decimal.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { ownArtifact } from "./artifacts.ts";
import { truePoolPrice } from "./evm-market.ts";
import { type EvmWorld, forkOf, startEvmWorld, type WorldSnapshot } from "./evm-world.ts";
import { DEFAULT_START } from "./first-state.ts";
import { FEED_ABI, POOL_ABI, TOKEN_ABI } from "./world-abi.ts";
import { POOL_NAMES, POOLS, type TokenSymbol } from "./world-spec.ts";

const QUOTER = parseAbi([
  "function quoteExactInputSingle((address tokenIn, address tokenOut, uint256 amountIn, uint24 fee, uint160 sqrtPriceLimitX96) params) returns (uint256 amountOut, uint160 sqrtPriceX96After, uint32 ticksCrossed, uint256 gasEstimate)",
]);
const ROUTER = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);
const PROBE = parseAbi([
  "function probe((address token, address holder, address spender)[] items) view returns ((bool ok, uint256 value)[] answers)",
]);
const agent = privateKeyToAccount(`0x${"7a".repeat(32)}`);
const STRANGER: Address = `0x${"57".repeat(20)}`;
const NOBODY: Address = "0x0000000000000000000000000000000000000000";
const fund = { [agent.address]: { ETH: "1", WETH: "0.4", USDC: "1500" } };

let world: EvmWorld;
let fresh: WorldSnapshot;
let first: EvmWorld["state"];

beforeAll(async () => {
  world = await startEvmWorld({ seed: "tests", fund });
  fresh = await world.snapshot();
  first = world.state;
});
beforeEach(() => world.revert(fresh));
afterAll(() => world.stop());

async function read(of: EvmWorld, to: Address, data: Hex): Promise<Hex> {
  return (await of.rpc("eth_call", [{ to, data, from: agent.address }, "latest"])) as Hex;
}

async function headOf(of: EvmWorld): Promise<{ hash: Hex; stateRoot: Hex }> {
  const { hash, stateRoot } = (await of.rpc("eth_getBlockByNumber", ["latest", false])) as { hash: Hex; stateRoot: Hex };
  return { hash, stateRoot };
}

async function balance(of: EvmWorld, symbol: TokenSymbol, holder: Address = agent.address) {
  const { address, decimals } = of.addresses.assets[symbol];
  const question = { abi: TOKEN_ABI, functionName: "balanceOf" } as const;
  const data = await read(of, address, encodeFunctionData({ ...question, args: [holder] }));
  return fromUnits(decodeFunctionResult({ ...question, data }), decimals).toFixed();
}

async function feed(symbol: TokenSymbol, of: EvmWorld = world): Promise<{ price: string; updatedAt: number }> {
  const question = { abi: FEED_ABI, functionName: "latestRoundData" } as const;
  const answer = await read(of, of.addresses.feeds[symbol], encodeFunctionData(question));
  const [, price, , updatedAt] = decodeFunctionResult({ ...question, data: answer });
  return { price: fromUnits(price, 8).toFixed(), updatedAt: Number(updatedAt) * SECOND };
}

async function poolPrice(pool: keyof EvmWorld["addresses"]["pools"], of: EvmWorld = world): Promise<bigint> {
  const question = { abi: POOL_ABI, functionName: "slot0" } as const;
  const answer = await read(of, of.addresses.pools[pool].address, encodeFunctionData(question));
  return decodeFunctionResult({ ...question, data: answer })[0];
}

async function sign(of: EvmWorld, to: Address, data: Hex): Promise<Hex> {
  const nonce = Number(await of.rpc("eth_getTransactionCount", [agent.address, "latest"]));
  const fees = { maxFeePerGas: 1_000_000_000n, maxPriorityFeePerGas: 0n };
  return await agent.signTransaction({ type: "eip1559", chainId: of.chainId, nonce, gas: 500_000n, to, data, ...fees });
}

async function send(of: EvmWorld, to: Address, data: Hex): Promise<Hex> {
  const receipt = (await of.rpc("eth_sendRawTransactionSync", [await sign(of, to, data)])) as { status: Hex };
  return receipt.status;
}

const route = (of: EvmWorld, sell: TokenSymbol, buy: TokenSymbol, fee: number) => ({
  tokenIn: of.addresses.assets[sell].address,
  tokenOut: of.addresses.assets[buy].address,
  fee,
  sqrtPriceLimitX96: 0n,
});

async function quote(of: EvmWorld, sell: TokenSymbol, buy: TokenSymbol, fee: number, amountIn: bigint): Promise<bigint> {
  const question = { abi: QUOTER, functionName: "quoteExactInputSingle" } as const;
  const call = encodeFunctionData({ ...question, args: [{ ...route(of, sell, buy, fee), amountIn }] });
  return decodeFunctionResult({ ...question, data: await read(of, of.addresses.contracts.quoter, call) })[0];
}

async function swap(
  of: EvmWorld,
  sell: TokenSymbol,
  buy: TokenSymbol,
  fee: number,
  amountIn: bigint,
  floor: bigint,
): Promise<Hex> {
  const { router } = of.addresses.contracts;
  const approve = encodeFunctionData({ abi: TOKEN_ABI, functionName: "approve", args: [router, maxUint256] });
  expect(await send(of, of.addresses.assets[sell].address, approve)).toBe("0x1");
  const params = { ...route(of, sell, buy, fee), recipient: agent.address, amountIn, amountOutMinimum: floor };
  return await send(of, router, encodeFunctionData({ abi: ROUTER, functionName: "exactInputSingle", args: [params] }));
}

test("a world built from nothing is, hash for hash, the one that the cache gives", async () => {
  const cache = await mkdtemp(join(tmpdir(), "mandate-test-"));
  const built = await startEvmWorld({ seed: "tests", fund, cache });
  const loaded = await startEvmWorld({ seed: "tests", fund, cache });
  expect(await headOf(built)).toEqual(await headOf(world));
  expect(await headOf(loaded)).toEqual(await headOf(world));
  for (const { address } of [...Object.values(world.addresses.assets), ...Object.values(world.addresses.pools)]) {
    expect(await built.rpc("eth_getCode", [address, "latest"])).not.toBe("0x");
  }
  await Promise.all([built.stop(), loaded.stop()]);
  await rm(cache, { recursive: true });
});

test("one seed and the same calls give one chain, another seed another", async () => {
  const live = async (seed: string) => {
    const one = await startEvmWorld({ seed, fund });
    await one.advance(DEFAULT_START + 12 * MINUTE);
    expect(await swap(one, "USDC", "WETH", 500, 1_000_000_000n, 1n)).toBe("0x1");
    await one.setTruePrice("WETH", "2900");
    await one.advance(DEFAULT_START + 30 * MINUTE);
    const head = await headOf(one);
    await one.stop();
    return head;
  };
  const [first, second, other] = await Promise.all([live("a"), live("a"), live("b")]);
  expect(first).toEqual(second);
  expect(first?.stateRoot).not.toBe(other?.stateRoot);
});

test("an account is funded with exactly what was asked, on top of what it has", async () => {
  expect(await balance(world, "WETH")).toBe("0.4");
  await world.fund(agent.address, { ETH: "0.5", USDC: "0.000001", GOV: "7", DAI: "8" });
  expect(await balance(world, "USDC")).toBe("1500.000001");
  expect([await balance(world, "GOV"), await balance(world, "DAI")]).toEqual(["7", "8"]);
  expect(BigInt((await world.rpc("eth_getBalance", [agent.address, "latest"])) as Hex)).toBe(1_500_000_000_000_000_000n);
});

test("a swap through the router gets what the quoter says", async () => {
  const amountIn = 1_000_000_000n;
  const quoted = await quote(world, "USDC", "WETH", 500, amountIn);
  expect(await swap(world, "USDC", "WETH", 500, amountIn, quoted)).toBe("0x1");
  expect(await balance(world, "WETH")).toBe(decimal("0.4").plus(fromUnits(quoted, 18)).toFixed());
  expect(await balance(world, "USDC")).toBe("500");
});

test("in the deep pool a thousand dollars cost less than a basis point beside the fee", async () => {
  const fair = toUnits(decimal("1000").div(3000).times("0.9995"), 18);
  const quoted = await quote(world, "USDC", "WETH", 500, 1_000_000_000n);
  expect(quoted * 10_000n).toBeGreaterThan(fair * 9_999n);
  expect(quoted).toBeLessThan(fair);
  const shallow = await quote(world, "USDC", "WETH", 3000, 1_000_000_000n);
  expect(shallow * 10_000n).toBeLessThan(toUnits(decimal("1000").div(3000).times("0.997"), 18) * 9_990n);
});

test("a tick brings every traded pool to the true price, after chance, a jump and somebody's swap", async () => {
  await world.advance(DEFAULT_START + 10 * MINUTE);
  const afterTick = await poolPrice("WETH-USDC");
  await swap(world, "WETH", "USDC", 3000, 400_000_000_000_000_000n, 0n);
  await world.setTruePrice("GOV", "3.21");
  await world.advance(DEFAULT_START + 11 * MINUTE);
  for (const name of POOL_NAMES.filter((pool) => POOLS[pool].traded)) {
    expect(await poolPrice(name), name).toBe(truePoolPrice(world.state, name));
  }
  expect(await poolPrice("WETH-USDC")).not.toBe(afterTick);
  expect(await poolPrice("GOV-WETH")).toBe(truePoolPrice(first, "GOV-WETH"));
});

test("several prices are put in one block, with what follows from them", async () => {
  const height = BigInt((await world.rpc("eth_blockNumber")) as Hex);
  await world.setTruePrices({ WETH: "3100", GOV: "3.5" });
  expect(BigInt((await world.rpc("eth_blockNumber")) as Hex)).toBe(height + 1n);
  for (const name of ["WETH-USDC", "GOV-USDC"] as const) expect(await poolPrice(name)).toBe(truePoolPrice(world.state, name));
  expect([(await feed("WETH")).price, (await feed("GOV")).price]).toEqual(["3100", "3.5"]);
});

test("a feed answers anew on half a percent, not on less, and on its heartbeat", async () => {
  const still = await startEvmWorld({ seed: 1, volatility: { WETH: 0, GOV: 0 } });
  expect(await feed("WETH", still)).toEqual({ price: "3000", updatedAt: DEFAULT_START });
  await still.setTruePrice("WETH", "3014.9");
  expect((await feed("WETH", still)).price).toBe("3000");
  await still.setTruePrice("WETH", "3015");
  expect((await feed("WETH", still)).price).toBe("3015");
  await still.advance(DEFAULT_START + 3 * HOUR);
  for (const symbol of ["WETH", "GOV"] as const) {
    expect((await feed(symbol, still)).updatedAt).toBeGreaterThan(DEFAULT_START + 2 * HOUR);
  }
  expect((await feed("USDC", still)).updatedAt).toBe(DEFAULT_START);
  await still.stop();
});

test("frozen feeds grow old while prices move, and thaw with the truth", async () => {
  await world.freezeFeeds(true);
  await world.setTruePrice("WETH", "2000");
  await world.advance(DEFAULT_START + 2 * HOUR);
  expect(await feed("WETH")).toEqual({ price: "3000", updatedAt: DEFAULT_START });
  await world.freezeFeeds(false);
  await world.advance(DEFAULT_START + 2 * HOUR + MINUTE);
  expect(await feed("WETH")).toEqual({ price: world.truePrice("WETH").toFixed(), updatedAt: DEFAULT_START + 2 * HOUR + MINUTE });
});

test("a feed can be made to answer nonsense, until the truth is due", async () => {
  await world.setFeed("WETH", "-1", DEFAULT_START + HOUR);
  expect(await feed("WETH")).toEqual({ price: "-1", updatedAt: DEFAULT_START + HOUR });
  await world.advance(DEFAULT_START + MINUTE);
  expect((await feed("WETH")).price).toBe(world.truePrice("WETH").toFixed());
});

test("a broken peg reaches its feed and its pools", async () => {
  await world.breakPeg("DAI", "0.9");
  expect((await feed("DAI")).price).toBe("0.9");
  expect(await poolPrice("DAI-USDC")).toBe(truePoolPrice(world.state, "DAI-USDC"));
  expect(await quote(world, "DAI", "USDC", 100, 10n ** 18n)).toBeLessThan(900_000n);
});

test("a scenario's jump arrives on time", async () => {
  const scenario = [{ at: 5 * MINUTE, asset: "WETH", change: "+0.12" }];
  const scripted = await startEvmWorld({ seed: 1, volatility: { WETH: 0 }, scenario });
  await scripted.advance(DEFAULT_START + 4 * MINUTE + 59 * SECOND);
  expect(scripted.truePrice("WETH").toFixed()).toBe("3000");
  await scripted.advance(DEFAULT_START + 5 * MINUTE);
  expect(scripted.truePrice("WETH").toFixed()).toBe("3360");
  await scripted.stop();
});

test("time is the latest block's, and stands at exactly where a sleeper asked for", async () => {
  const until = DEFAULT_START + 3 * MINUTE + 7 * SECOND;
  await world.clock.sleep(until);
  expect(isoTime(await world.clock.now())).toBe("2026-01-05T00:03:07Z");
  await world.clock.sleep(until - HOUR);
  await world.mine();
  expect(await world.clock.now()).toBe(until + SECOND);
  await world.clock.sleep(until + SECOND + 1);
  expect(await world.clock.now()).toBe(until + 2 * SECOND);
});

test("ticks that somebody's blocks have overtaken show as one, at once", async () => {
  await world.advance(DEFAULT_START + MINUTE - SECOND);
  await world.rpc("evm_setNextBlockTimestamp", [DEFAULT_START / SECOND + 150]);
  await world.mine();
  await world.advance(DEFAULT_START + 151 * SECOND);
  expect(world.state.market.tick).toBe(2);
  expect(await poolPrice("WETH-USDC")).toBe(truePoolPrice(world.state, "WETH-USDC"));
});

test("going back to a snapshot and doing the same again gives the same blocks, over more blocks than the node keeps", async () => {
  const gift = encodeFunctionData({ abi: TOKEN_ABI, functionName: "transfer", args: [STRANGER, 1n] });
  const hashes = [];
  for (let round = 0; round < 2; round++) {
    await send(world, world.addresses.assets.USDC.address, gift);
    await world.advance(DEFAULT_START + 5 * HOUR);
    await world.mine();
    hashes.push((await headOf(world)).hash);
    await world.revert(fresh);
  }
  expect(hashes[0]).toBe(hashes[1]);
  expect(await world.clock.now()).toBe(DEFAULT_START + SECOND);
});

test("a fork goes on from its parent under another chain id, and neither takes what was signed for the other", async () => {
  await world.advance(DEFAULT_START + 5 * MINUTE);
  const fork = await forkOf(world, 8453);
  expect(fork.chainId).toBe(8453);
  expect(Number(await fork.rpc("eth_chainId"))).toBe(8453);
  expect(await balance(fork, "USDC")).toBe("1500");
  const gift = encodeFunctionData({
    abi: TOKEN_ABI,
    functionName: "transfer",
    args: [STRANGER, 1n],
  });
  const signed = await sign(world, world.addresses.assets.USDC.address, gift);
  await expect(fork.rpc("eth_sendRawTransaction", [signed])).rejects.toThrow(/chain id/i);
  expect(await swap(fork, "USDC", "WETH", 500, 1_000_000_000n, 1n)).toBe("0x1");
  await fork.advance(DEFAULT_START + 10 * MINUTE);
  expect(await poolPrice("WETH-USDC", fork)).toBe(truePoolPrice(fork.state, "WETH-USDC"));
  expect(await balance(fork, "USDC")).toBe("500");
  expect(await balance(world, "USDC")).toBe("1500");
  await fork.stop();
});

test("the probe, put at an unused address, answers many at once, and a token that fails only fails itself", async () => {
  const { deployedBytecode } = await ownArtifact("Probe");
  const at: Address = `0x${"5e".repeat(20)}`;
  const endless: Address = `0x${"1f".repeat(20)}`;
  const { assets, contracts } = world.addresses;
  const items = [
    { token: NOBODY, holder: agent.address, spender: NOBODY },
    { token: assets.USDC.address, holder: agent.address, spender: NOBODY },
    { token: contracts.router, holder: agent.address, spender: NOBODY },
    { token: agent.address, holder: agent.address, spender: NOBODY },
    { token: endless, holder: agent.address, spender: NOBODY },
    { token: assets.WETH.address, holder: agent.address, spender: contracts.router },
    { token: assets.WETH.address, holder: agent.address, spender: NOBODY },
  ];
  const question = { abi: PROBE, functionName: "probe" } as const;
  const call = { to: at, data: encodeFunctionData({ ...question, args: [items] }) };
  const answer = (await world.rpc("eth_call", [
    call,
    "latest",
    { [at]: { code: deployedBytecode }, [endless]: { code: "0x5b600056" } },
  ])) as Hex;
  const answers = decodeFunctionResult({ ...question, data: answer });
  expect(answers.map(({ ok, value }) => (ok ? value : "failed"))).toEqual([
    10n ** 18n,
    1_500_000_000n,
    "failed",
    "failed",
    "failed",
    0n,
    4n * 10n ** 17n,
  ]);
});

test("funds that are no funds are refused", async () => {
  await expect(world.fund("0x12", { ETH: "1" })).rejects.toMatchObject({ code: "USAGE" });
  await expect(world.fund(agent.address, { USDC: "-1" })).rejects.toMatchObject({ code: "USAGE" });
  await expect(world.setTruePrice("WETH", "0")).rejects.toMatchObject({ code: "USAGE" });
});

test("a world stands under any chain id, at the same addresses", async () => {
  const optimism = await startEvmWorld({ seed: 1, chainId: 10, fund });
  expect(Number(await optimism.rpc("eth_chainId"))).toBe(10);
  expect(await swap(optimism, "USDC", "WETH", 500, 1_000_000_000n, 1n)).toBe("0x1");
  await optimism.stop();
});

test("other people's transactions while time goes on stop nobody", async () => {
  const { USDC } = world.addresses.assets;
  const gift = encodeFunctionData({ abi: TOKEN_ABI, functionName: "transfer", args: [STRANGER, 1n] });
  const going = world.advance(DEFAULT_START + 20 * MINUTE);
  for (let sent = 0; sent < 10; sent++) expect(await send(world, USDC.address, gift)).toBe("0x1");
  await Promise.all([going, world.setTruePrice("WETH", "3100"), world.clock.sleep(DEFAULT_START + MINUTE)]);
  expect(await balance(world, "USDC", STRANGER)).toBe("0.00001");
  expect(await world.clock.now()).toBeGreaterThanOrEqual(DEFAULT_START + 20 * MINUTE);
});

test("a snapshot that lies after the one returned to is gone", async () => {
  await world.mine();
  const later = await world.snapshot();
  await world.revert(fresh);
  await expect(world.revert(later)).rejects.toMatchObject({ code: "USAGE" });
});

test("a world before its genesis, of half seconds, or with an unknown asset is refused", async () => {
  await expect(startEvmWorld({ seed: 1, start: 0 })).rejects.toMatchObject({ code: "USAGE" });
  await expect(startEvmWorld({ seed: 1, start: DEFAULT_START + 500 })).rejects.toMatchObject({ code: "USAGE" });
  await expect(startEvmWorld({ seed: 1, scenario: [{ at: 0, asset: "DOGE", change: "+1" }] })).rejects.toMatchObject({
    code: "USAGE",
  });
  await expect(startEvmWorld({ seed: 1, scenario: [{ at: 0, asset: "WETH", change: "-1" }] })).rejects.toMatchObject({
    code: "USAGE",
  });
});
