import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MINUTE, SECOND } from "../../src/core/clock.ts";
import type { Hash, Hex } from "../../src/core/hex.ts";
import { localForks } from "../../src/gateway/fork/local-forks.ts";
import type { Assessment } from "../../src/gateway/rails/evm/assess.ts";
import { EvmRail } from "../../src/gateway/rails/evm/evm-rail.ts";
import type { StartFork } from "../../src/gateway/rails/evm/node-simulator.ts";
import { readTip } from "../../src/gateway/rails/evm/tip.ts";
import { traceSlots } from "../../src/gateway/rails/evm/trace.ts";
import type { ChainBook } from "../../src/mandate/book.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { depositCall } from "../../src/protocols/erc4626.ts";
import { type RpcClient, RpcError, rpcClient } from "../../src/protocols/json-rpc.ts";
import { RpcRequestError } from "../../src/protocols/request-errors.ts";
import { ownArtifact } from "../../src/worlds/anvil/artifacts.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, mandateOf, START_FUNDS, swapActions } from "../support/house.ts";
import { malloryDeploys } from "../support/mallory.ts";
import { FULL_BOOK } from "./support/full-book.ts";
import { type LyingNode, startLyingNode } from "./support/lying-node.ts";

const { base } = FULL_BOOK.chains;
const LIVE: Partial<ChainBook> = { rpc: "http://node.invalid", block_seconds: 1, confirmations: 3 };

let world: EvmWorld;
let node: LyingNode;
let book: ChainBook;

beforeAll(async () => {
  world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  node = await startLyingNode(world.url);
  const full = mandateOf({}, FULL_BOOK).terms.book.chains.base;
  if (!full) throw new TypeError("the book has no chain");
  book = full;
});
afterEach(() => node.honest());
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await world.stop();
});

interface RailOptions {
  readonly book?: Partial<ChainBook>;
  readonly witness?: string;
  readonly startFork?: StartFork;
  readonly timeout?: number;
}

function railOf({ book: change = {}, witness, startFork, timeout = 5_000 }: RailOptions = {}): EvmRail {
  return new EvmRail({
    chain: "base",
    book: { ...book, ...change },
    rpc: rpcClient(node.url, { timeout, retries: 0 }),
    witnesses: witness === undefined ? [] : [rpcClient(witness, { retries: 0 })],
    accounts: { wallet: REHEARSAL_WALLET },
    signer: privateKeyToAccount(REHEARSAL_KEY),
    startFork,
  });
}

async function assessOn(rail: EvmRail, actions: readonly Action[], late = 0): Promise<Assessment> {
  const pinned = (await rail.code()) as Readonly<Record<string, Hash>>;
  return rail.assess(actions, await rail.view((await world.clock.now()) + late, pinned));
}
const codesOf = ({ effects }: Assessment) => [...new Set(effects.unknown.map(({ code }) => code))];
const swap = async () => swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now: await world.clock.now() });
const deposit = (): readonly Action[] => [
  evmAction(encodeApprove(base.assets.USDC.address, base.assets.vUSDC.address, 50_000_000n)),
  evmAction(depositCall(base.assets.vUSDC.address, 50_000_000n, REHEARSAL_WALLET)),
];
/** What an assessment says of the request itself: all but the figures of gas, which no two simulators count alike. */
const figures = ({ effects: { deltas, allowances, before, unknown } }: Assessment) => ({ deltas, allowances, before, unknown });

test("a node without eth_simulateV1 is asked to trace, and says the same of several calls one after the other", async () => {
  for (const actions of [await swap(), deposit()]) {
    const simulated = await assessOn(railOf(), actions);
    expect(codesOf(simulated)).toEqual([]);
    node.hide("eth_simulateV1");
    const traced = await assessOn(railOf(), actions);
    expect(figures(traced)).toEqual(figures(simulated));
    expect(traced.gas.every((gas, i) => gas === simulated.gas[i])).toBe(true);
    node.honest();
  }
});

test("what a call would revert for is read from the trace too", async () => {
  node.hide("eth_simulateV1");
  const now = await world.clock.now();
  const dear = swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "400", now });
  const { effects } = await assessOn(railOf(), dear);
  expect(effects.unknown.map(({ what }) => what)).toEqual(["multicall would revert: Too little received"]);
});

test("what a node lacks is asked once", async () => {
  node.hide("eth_simulateV1");
  const rail = railOf();
  const start = node.asked.length;
  await assessOn(rail, await swap());
  await assessOn(rail, await swap());
  expect(node.asked.slice(start).filter((method) => method === "eth_simulateV1")).toHaveLength(1);
});

test("a node that can neither simulate nor trace is refused, and nothing is guessed", async () => {
  node.hide("eth_simulateV1", "debug_traceCall");
  const assessment = await assessOn(railOf(), await swap());
  expect(codesOf(assessment)).toEqual(["CANNOT_SIMULATE"]);
});

test("where a local fork is allowed it stands in, and is gone after", async () => {
  const honest = await assessOn(railOf(), await swap());
  node.hide("eth_simulateV1", "debug_traceCall");
  let running = 0;
  const start = localForks();
  if (!start) throw new TypeError("anvil is installed here");
  const startFork: StartFork = async (...at) => {
    const fork = await start(...at);
    running++;
    return {
      rpc: fork.rpc,
      async stop() {
        await fork.stop();
        running--;
      },
    };
  };
  const forked = await assessOn(railOf({ startFork }), await swap());
  expect(figures(forked)).toEqual(figures(honest));
  expect(running).toBe(0);
});

test("a node that fails to simulate is not asked to trace instead", async () => {
  node.silence("eth_simulateV1");
  const start = node.asked.length;
  expect(codesOf(await assessOn(railOf({ timeout: 150 }), await swap()))).toEqual(["CANNOT_SIMULATE"]);
  expect(node.asked.slice(start)).not.toContain("debug_traceCall");
});

test("storage of a pinned token that changes without a reason is found where the node can trace", async () => {
  const sleeper = await malloryDeploys(world, (await ownArtifact("SleeperToken")).bytecode);
  const assets = { ...book.assets, SLP: { address: sleeper, decimals: 18, kind: "erc20" as const } };
  const approve = [evmAction(encodeApprove(sleeper, base.contracts.router.address, 0n))];
  const found = await assessOn(railOf({ book: { assets } }), approve);
  expect(codesOf(found)).toEqual(["UNEXPLAINED_EFFECT"]);
  expect(found.effects.unknown[0]?.what).toMatch(/^slot 0x[0-9a-f]{64} of SLP changes/);
  node.hide("debug_traceCall");
  expect(codesOf(await assessOn(railOf({ book: { assets } }), approve))).toEqual([]);
});

test("swaps, deposits and revokes change no slot of a token that is not explained", async () => {
  const revoke = [evmAction(encodeApprove(base.assets.USDC.address, base.contracts.router.address, 0n))];
  for (const actions of [await swap(), deposit(), revoke]) expect(codesOf(await assessOn(railOf(), actions))).toEqual([]);
});

test("a node that does not know how to leave code out of a trace tells the same slots", async () => {
  const honest = rpcClient(node.url, { retries: 0 });
  let refused = 0;
  const strict: RpcClient = {
    url: node.url,
    request: (method, params) => {
      if (!JSON.stringify(params).includes("disableCode")) return honest.request(method, params);
      refused += 1;
      const cause = new RpcRequestError({ code: -32602, message: "unknown field `disableCode`" });
      return Promise.reject(new RpcError(method, cause));
    },
  };
  const calls = (await swap()).flatMap((action) => ("call" in action ? [action.call] : []));
  const fees = { maxFeePerGas: 10_000_000_000n, maxPriorityFeePerGas: 0n };
  const parameters = { from: REHEARSAL_WALLET, calls, probes: [], fees, blockSeconds: 1 };
  const tip = await readTip(honest);
  const slots = await traceSlots(honest, tip, parameters);
  expect(await traceSlots(strict, tip, parameters)).toEqual(slots);
  expect([slots.size > 0, refused]).toEqual([true, 1]);
});

test("a node whose newest block is old, or ahead of time, is not believed on a live network", async () => {
  const live = railOf({ book: LIVE });
  expect(codesOf(await assessOn(live, await swap()))).toEqual([]);
  expect(codesOf(await assessOn(live, await swap(), MINUTE))).toEqual([]);
  expect(codesOf(await assessOn(live, await swap(), MINUTE + SECOND))).toContain("NODE_STALE");
  node.lie("eth_getBlockByNumber", (block) => ({ ...(block as object), timestamp: "0x7fffffff" }));
  expect(codesOf(await assessOn(live, await swap()))).toContain("NODE_STALE");
});

test("a node that goes back by more than the confirmations is not believed", async () => {
  const live = railOf({ book: LIVE });
  for (let i = 0; i < 5; i++) await world.mine();
  expect(codesOf(await assessOn(live, await swap()))).toEqual([]);
  const back = (blocks: bigint) =>
    node.lie("eth_getBlockByNumber", (block) => {
      const { number } = block as { readonly number: Hex };
      return { ...(block as object), number: toHex(BigInt(number) - blocks) };
    });
  back(3n);
  expect(codesOf(await assessOn(live, await swap()))).toEqual([]);
  back(4n);
  expect(codesOf(await assessOn(live, await swap()))).toContain("NODE_STALE");
});

const SLOT_OF_BALANCE = (answer: unknown) => toHex(BigInt(answer as Hex) * 2n, { size: 32 });

test.each([
  ["balances", "eth_getBalance", (said: unknown) => toHex(BigInt(said as Hex) + 1n), "holdings"],
  ["code", "eth_getCode", (said: unknown) => `${String(said)}00`, "code"],
  ["tokens and prices", "eth_call", SLOT_OF_BALANCE, "prices"],
  [
    "the block itself",
    "eth_getBlockByNumber",
    (said: unknown) => ({ ...(said as object), hash: toHex(1n, { size: 32 }) }),
    "block",
  ],
] as const)("two endpoints that do not agree about %s are not believed", async (_, method, lie, about) => {
  const rail = railOf({ witness: world.url });
  const pinned = (await rail.code()) as Readonly<Record<string, Hash>>;
  expect(codesOf(await assessOn(rail, await swap()))).toEqual([]);
  // Words alone: longer answers stay as they are.
  node.lie(method, (said) => (typeof said === "string" && method === "eth_call" && said.length !== 66 ? said : lie(said)));
  const { problems } = await rail.view(await world.clock.now(), pinned);
  const disagreements = problems.filter(({ code }) => code === "RPC_DISAGREES").map(({ what }) => what);
  expect(disagreements.some((what) => what.endsWith(`: ${about}`))).toBe(true);
});

test("an endpoint that is a block behind the other is no lie: the lower block counts for both", async () => {
  await world.mine();
  const rail = railOf({ witness: world.url });
  node.lie("eth_blockNumber", (number) => toHex(BigInt(number as Hex) - 1n));
  const { problems, tip } = await rail.view(await world.clock.now(), (await rail.code()) as Readonly<Record<string, Hash>>);
  expect(problems).toEqual([]);
  expect(tip.number).toBe(BigInt((await world.rpc("eth_blockNumber")) as Hex) - 1n);
});

test("on a world every transaction of a request is waited for, so that the machine's speed does not say what shares a block; live only the last", async () => {
  const sentTo = async (change: Partial<ChainBook>) => {
    const rail = railOf({ book: change });
    const { fees, nonce } = await rail.view(await world.clock.now(), (await rail.code()) as Readonly<Record<string, Hash>>);
    const [first = 0, ...later] = [0, 1, 2].map((place) => nonce + place);
    const action = evmAction(encodeApprove(base.assets.USDC.address, base.assets.vUSDC.address, 0n));
    const signed = await Promise.all([first, ...later].map((one) => rail.sign(action, { nonce: one, gas: 100_000n, fees })));
    const before = node.asked.length;
    await rail.submitAll(signed.map(({ bytes }) => bytes));
    const seen = await Promise.all(signed.map(({ hash }) => rail.look(hash)));
    const blocks = seen.map((one) => (one.kind === "included" ? one.block : null));
    return { blocks, methods: node.asked.slice(before).filter((method) => method.startsWith("eth_send")) };
  };
  const sync = "eth_sendRawTransactionSync";
  const onWorld = await sentTo({});
  expect(onWorld.methods).toEqual([sync, sync, sync]);
  expect(new Set(onWorld.blocks).size).toBe(3);
  expect((await sentTo(LIVE)).methods).toEqual(["eth_sendRawTransaction", "eth_sendRawTransaction", sync]);
});
