import { encodeFunctionData, parseAbi } from "viem";
import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/core/clock.ts";
import { decimal, toUnits } from "../../src/core/decimal.ts";
import type { Address, Hex } from "../../src/core/hex.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { deployOdd, ODD_UNITS, withOdd } from "../attack/support/odd-token.ts";
import { startLyingNode } from "../effects/support/lying-node.ts";
import { evmAction, type House, type HouseOptions, openHouse, START_FUNDS, swapAction, swapActions } from "../support/house.ts";
import { MALLORY } from "../support/mallory.ts";
import { isSend, type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { codesOf, nonceOf, STRANGER } from "../support/standing.ts";

const { base } = EVM_BOOK.chains;

interface Meddled extends AsyncDisposable {
  readonly world: EvmWorld;
  readonly house: House;
  readonly proxy: RpcProxy;
}

/** A house whose gateway reaches its chain through somebody who meddles. */
async function meddled(options: (world: EvmWorld) => HouseOptions | Promise<HouseOptions> = () => ({})): Promise<Meddled> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  const house = await openHouse({ ...(await options(world)), world, endpoint: proxy.url });
  return {
    world,
    house,
    proxy,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

/** Does something to the chain once the gateway has judged and signed, before what it sends arrives. */
function beforeInclusion({ proxy }: Meddled, work: () => Promise<unknown>): void {
  let done = false;
  proxy.meddle(async ({ method }) => {
    if (isSend(method) && !done) {
      done = true;
      await work();
    }
    return "forward" as const;
  });
}

const sale = async ({ world }: Meddled) =>
  swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "298", now: await world.clock.now() });
const purchase = async ({ world }: Meddled) =>
  swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await world.clock.now() });
const stateOf = ({ house: { opened } }: Meddled) => opened.gateway.state(opened.wallet);
const used = async (meddling: Meddled, budget: string, unit = "USD") =>
  (await stateOf(meddling)).budgets.find((row) => row.budget === budget && row.unit === unit)?.used.toFixed();

test("what leaves beyond the bounds of the judgment stops the wallet as soon as it is seen", async () => {
  let odd: Address = "0x";
  await using meddling = await meddled(async (world) => {
    odd = await deployOdd(world);
    const limits = { allowed_tokens: ["WETH", "USDC", "ODD"], allowed_recipients: [STRANGER], ...ODD_UNITS };
    return { limits, book: withOdd(EVM_BOOK, odd) };
  });
  const { world, house, proxy } = meddling;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  const [outcome] = await house.act([evmAction(encodeTransfer(odd, STRANGER, 50n * 10n ** 18n))]);
  expect(outcome?.kind).toBe("open");
  // The token shrinks what is held in the block that the payment is in.
  const abi = parseAbi(["function turn(uint256 fee, uint256 scale, address hook, bytes data)"]);
  const data = encodeFunctionData({ abi, functionName: "turn", args: [0n, 9_999n, `0x${"0".repeat(40)}`, "0x"] });
  await world.rpc("evm_setAutomine", [false]);
  await world.rpc("anvil_impersonateAccount", [MALLORY]);
  await world.rpc("eth_sendTransaction", [{ from: MALLORY, to: odd, data }]);
  for (const bytes of new Set(proxy.sent)) await world.rpc("eth_sendRawTransaction", [bytes]);
  await world.rpc("evm_mine");
  proxy.meddle(() => "forward");
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "confirmed" }]);
  expect((await stateOf(meddling)).stopped).toEqual({
    code: "OUT_OF_BOUNDS",
    reason: "wallet lost 50.095 base/ODD; at most 50 was allowed",
  });
});

test("what does not come in although the bytes guaranteed it stops the wallet as soon as it is seen", async () => {
  await using meddling = await meddled();
  const { world, house } = meddling;
  // Code that does nothing, and says that it worked.
  beforeInclusion(meddling, () => world.rpc("anvil_setCode", [base.contracts.router.address, "0x00"]));
  expect((await house.act(await sale(meddling)))[0]?.kind).toBe("confirmed");
  expect((await stateOf(meddling)).stopped).toEqual({
    code: "OUT_OF_BOUNDS",
    reason: "wallet got 0 base/USDC; at least 298 was guaranteed",
  });
});

test("bytes that are not mined are not sent again once the code that they call is another", async () => {
  await using meddling = await meddled();
  const { world, house, proxy } = meddling;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  expect((await house.act(await sale(meddling)))[0]?.kind).toBe("open");
  const [first, before] = [new Set(proxy.sent), proxy.sent.length];
  await world.rpc("anvil_setCode", [base.contracts.router.address, "0x00"]);
  proxy.meddle(() => "forward");
  const settled = { kind: "rejected", transactions: [{ status: "voided" }, { status: "voided" }] };
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([settled]);
  expect(proxy.sent.slice(before).filter((bytes) => first.has(bytes))).toEqual([]);
});

test("a request is open until its blocks are as deep as the book wants, and counts in full until then", async () => {
  await using meddling = await meddled((world) => ({
    limits: { max_gas_usd_per_day: 5, exit_gas_usd_per_day: 2, ...FINITE },
    book: { wallet: REHEARSAL_WALLET, chains: { base: { ...base, rpc: world.url, block_seconds: 1, confirmations: 3 } } },
  }));
  const { world, house } = meddling;
  expect((await house.act(await purchase(meddling)))[0]?.kind).toBe("open");
  const settle = () => house.opened.gateway.settle(house.opened.wallet);
  await world.rpc("anvil_mine", ["0x1"]);
  expect(await settle()).toMatchObject([{ kind: "open" }]);
  expect(await used(meddling, "max_daily_spend_usd")).toBe("30");
  await world.rpc("anvil_mine", ["0x1"]);
  expect(await settle()).toMatchObject([{ kind: "confirmed" }]);
});

/** A network that is no world wants its figures. */
const FINITE = {
  max_single_trade_usd: 100,
  max_daily_spend_usd: 200,
  max_daily_loss_usd: 20,
  max_position_size_usd: 5000,
  max_slippage_bps: 100,
  max_exit_cost_bps: 100,
  stop_loss_pct: 50,
};

test("a fill that is better than the pinned price is no loss, and takes nothing off what was lost", async () => {
  await using meddling = await meddled();
  const { world, house } = meddling;
  expect((await house.act(await purchase(meddling)))[0]?.kind).toBe("confirmed");
  const lost = await used(meddling, "max_daily_loss_usd");
  expect(Number(lost)).toBeGreaterThan(0);
  beforeInclusion(meddling, () => world.setTruePrice("WETH", "2700"));
  expect((await house.act(await purchase(meddling)))[0]?.kind).toBe("confirmed");
  expect(await used(meddling, "max_daily_loss_usd")).toBe(lost);
});

test("what is spent in units is what really went, and an allowance that it used is not spent twice", async () => {
  await using meddling = await meddled(() => ({ limits: { max_daily_spend: { USDC: 150 } } }));
  const { world, house } = meddling;
  const units = toUnits(decimal(100), 6);
  const approve = evmAction(encodeApprove(base.assets.USDC.address, base.contracts.router.address, units));
  expect((await house.act([approve]))[0]?.kind).toBe("confirmed");
  expect(await used(meddling, "max_daily_spend", "USDC")).toBe("100");
  const now = await world.clock.now();
  const swap = swapAction({ sell: "USDC", buy: "WETH", amount: "100", floor: "0.0331", now });
  expect((await house.act([swap]))[0]?.kind).toBe("confirmed");
  expect(await used(meddling, "max_daily_spend", "USDC")).toBe("100");
  const more = (usd: string) => swapActions({ sell: "USDC", buy: "WETH", amount: usd, floor: "0.0165", now });
  expect(codesOf((await house.act(more("50.000001")))[0])).toEqual(["DAILY_SPEND"]);
  expect((await house.act(more("50")))[0]?.kind).toBe("confirmed");
});

test("a denial that is on record is the answer to the same request, also when it would pass by now", async () => {
  await using meddling = await meddled(() => ({ limits: { cooldown_seconds: 60 } }));
  const { world, house } = meddling;
  expect((await house.act(await purchase(meddling)))[0]?.kind).toBe("confirmed");
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const request = { wallet, lease, cycle, step: 1, actions: await purchase(meddling) };
  const first = await gateway.request(request);
  expect(codesOf(first)).toEqual(["COOLDOWN"]);
  await world.advance((await world.clock.now()) + 61 * SECOND);
  expect(codesOf(await gateway.request(request))).toEqual(["COOLDOWN"]);
  expect(await nonceOf(world)).toBe(2);
  expect((await gateway.request({ ...request, step: 2 })).kind).toBe("confirmed");
});

test("hours that are over are not open again for a clock that goes back", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  try {
    const end = (Math.floor((await world.clock.now()) / MINUTE) + 2) * MINUTE;
    let now = end - 1;
    const hours = [new Date(end - HOUR), new Date(end)].map((at) => at.toISOString().slice(11, 16)).join("-");
    await using house = await openHouse({ world, limits: { allowed_hours: [hours] }, clock: { now: async () => now } });
    const buy = () => swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: end - MINUTE });
    expect((await house.act(buy()))[0]?.kind).toBe("confirmed");
    now = end;
    expect(codesOf((await house.act(buy()))[0])).toEqual(["OUTSIDE_HOURS"]);
    now = end - 1;
    expect(codesOf((await house.act(buy()))[0])).toEqual(["OUTSIDE_HOURS"]);
  } finally {
    await world.stop();
  }
});

test("one request is of one account: another's action among it reaches nobody", async () => {
  await using meddling = await meddled();
  const { house, world } = meddling;
  const [approve, swap] = await sale(meddling);
  for (const actions of [[{ ...approve, from: "vault" }], [approve, { ...swap, from: "vault" }]]) {
    await expect(house.act(actions)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  }
  expect(await nonceOf(world)).toBe(0);
});

test("a node that asks for a priority fee beyond 3 gwei is offered 3", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const node = await startLyingNode(world.url);
  try {
    await using house = await openHouse({ world, endpoint: node.url });
    const offered = async (asked: bigint) => {
      node.lie("eth_maxPriorityFeePerGas", () => `0x${asked.toString(16)}`);
      const now = await world.clock.now();
      const [outcome] = await house.act(swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.0099", now }));
      const hash = outcome?.kind === "confirmed" ? outcome.transactions[0]?.hash : undefined;
      const sent = (await world.rpc("eth_getTransactionByHash", [hash])) as { readonly maxPriorityFeePerGas: Hex };
      return BigInt(sent.maxPriorityFeePerGas);
    };
    expect(await offered(3_000_000_000n)).toBe(3_000_000_000n);
    expect(await offered(3_000_000_001n)).toBe(3_000_000_000n);
  } finally {
    await node[Symbol.asyncDispose]();
    await world.stop();
  }
});
