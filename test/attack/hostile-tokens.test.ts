import { encodeFunctionData, type Hex } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Address } from "../../src/core/hex.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove, encodeBalanceOf, encodeTransfer } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { isSend, type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, codesOf, STRANGER } from "../support/standing.ts";
import { deployOdd, ODD_HELD as HELD, ODD_UNITS, turnOdd, withOdd } from "./support/odd-token.ts";

const { base } = EVM_BOOK.chains;
const UNIT = 10n ** 18n;
let world: EvmWorld;
let proxy: RpcProxy;
let odd: Address;
let house: House;

/** A house whose book pins the odd token, by its units: it has no feed. */
async function open(pinned: boolean): Promise<void> {
  const limits = {
    allowed_tokens: ["WETH", "USDC", ...(pinned ? ["ODD"] : [])],
    allowed_recipients: [STRANGER],
    max_single_trade_usd: 500,
    max_daily_spend_usd: 500,
    ...(pinned ? ODD_UNITS : {}),
  };
  house = await openHouse({ world, endpoint: proxy.url, limits, book: pinned ? withOdd(EVM_BOOK, odd) : EVM_BOOK });
}

beforeEach(async () => {
  world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  proxy = await startRpcProxy(world.url);
  odd = await deployOdd(world);
});
afterEach(async () => {
  await house[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await world.stop();
});

const turn = (fee: bigint, scale = 10_000n, hook?: Address, data?: Hex) =>
  turnOdd(world, odd, { fee, scale, ...(hook ? { hook } : {}), ...(data ? { data } : {}) });
const pay = (units: bigint): Action => evmAction(encodeTransfer(odd, STRANGER, units));
const oddOf = async (holder: Address) =>
  BigInt((await world.rpc("eth_call", [{ to: odd, data: encodeBalanceOf(holder) }, "latest"])) as Hex);
const stopped = async () => (await house.opened.gateway.state(house.opened.wallet)).stopped?.code ?? null;

/** Does something to the chain once the gateway has judged and signed, before what it sends arrives. */
function betweenJudgmentAndInclusion(work: () => Promise<unknown>): void {
  let done = false;
  proxy.meddle(async ({ method }) => {
    if (isSend(method) && !done) {
      done = true;
      await work();
    }
    return "forward" as const;
  });
}

test("a token that nobody pinned cannot be touched, whatever it does or was given away", async () => {
  await open(false);
  for (const actions of [[pay(1n)], [evmAction(encodeApprove(odd, base.contracts.router.address, 1n))]]) {
    const [outcome] = await house.act(actions);
    expect(codesOf(outcome)).toContain("CONTRACT_NOT_ALLOWED");
  }
  await turn(5_000n, 1n, base.contracts.router.address);
  const now = await world.clock.now();
  const honest = swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "298", now });
  expect((await house.act(honest))[0]?.kind).toBe("confirmed");
  expect(await stopped()).toBeNull();
});

test("a fee that a pinned token begins to take between judgment and inclusion costs the wallet no more than was reserved", async () => {
  await open(true);
  betweenJudgmentAndInclusion(() => turn(3_000n));
  expect((await house.act([pay(50n * UNIT)]))[0]?.kind).toBe("confirmed");
  expect(await oddOf(REHEARSAL_WALLET)).toBe(HELD - 50n * UNIT);
  expect(await oddOf(STRANGER)).toBe(35n * UNIT);
  expect(await stopped()).toBeNull();
  expect(codesOf((await house.act([pay(101n * UNIT)]))[0])).toContain("TRADE_TOO_LARGE");
});

test("a pinned token that shrinks what is held between judgment and inclusion freezes the wallet before its next signature", async () => {
  await open(true);
  betweenJudgmentAndInclusion(() => turn(0n, 4_000n));
  await house.act([pay(50n * UNIT)]);
  proxy.meddle(() => "forward");
  expect(codesOf((await house.act([pay(1n * UNIT)]))[0])).toContain("FROZEN");
  expect(["OUT_OF_BOUNDS", "UNEXPLAINED_DECREASE"]).toContain(await stopped());
});

test("a pinned token that shrinks what is held between two cycles is a decrease that nothing explains", async () => {
  await open(true);
  expect((await house.act([pay(10n * UNIT)]))[0]?.kind).toBe("confirmed");
  await turn(0n, 9_000n);
  expect(codesOf((await house.act([pay(1n * UNIT)]))[0])).toContain("FROZEN");
  expect(await stopped()).toBe("UNEXPLAINED_DECREASE");
});

test("a pinned token that calls back into the router within a transfer takes nothing that the request does not say", async () => {
  await open(true);
  const { router } = base.contracts;
  const sweep = encodeFunctionData({
    abi: [
      {
        type: "function",
        name: "sweepToken",
        stateMutability: "payable",
        inputs: [
          { name: "token", type: "address" },
          { name: "amountMinimum", type: "uint256" },
          { name: "recipient", type: "address" },
        ],
        outputs: [],
      },
    ],
    functionName: "sweepToken",
    args: [base.assets.USDC.address, 0n, STRANGER],
  });
  const before = await balancesOf(world, REHEARSAL_WALLET);
  await turn(0n, 10_000n, router.address, sweep);
  const now = await world.clock.now();
  const [approve, swap] = swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now });
  const [outcome] = await house.act([approve, pay(5n * UNIT), swap]);
  const after = await balancesOf(world, REHEARSAL_WALLET);
  const spent = (before.USDC ?? 0n) - (after.USDC ?? 0n);
  expect(spent).toBe(outcome?.kind === "confirmed" ? 30_000_000n : 0n);
  expect((await balancesOf(world, STRANGER)).USDC).toBe(0n);
  expect(await stopped()).toBeNull();
});

test("a pinned token that reaches a contract that nobody pinned is refused, whatever that does", async () => {
  await open(true);
  const other = await deployOdd(world);
  const mint = encodeFunctionData({
    abi: [
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
    ],
    functionName: "mint",
    args: [STRANGER, 1n],
  });
  expect((await house.act([pay(5n * UNIT)]))[0]?.kind).toBe("confirmed");
  await turn(0n, 10_000n, other, mint);
  expect(codesOf((await house.act([pay(5n * UNIT)]))[0])).toEqual(["UNEXPLAINED_EFFECT"]);
});
