import { parseTransaction } from "viem";
import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { MINUTE } from "../../src/core/clock.ts";
import type { Hex } from "../../src/core/hex.ts";
import type { SignedBody } from "../../src/journal/entries.ts";
import { BASE_FEE } from "../../src/worlds/anvil/anvil.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { startLyingNode } from "../effects/support/lying-node.ts";
import { governedHouse } from "../operator/support/governed-house.ts";
import { type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { nonceOf, signedKept, standingOf } from "../support/standing.ts";

interface BusyChain extends AsyncDisposable {
  readonly world: EvmWorld;
  readonly endpoint: string;
  /** Raw transactions that the gateway sent, in order. */
  readonly sent: readonly string[];
}

/** A chain whose blocks come when the test says so, and whose node answers sends at once. */
async function busyChain(): Promise<BusyChain> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  const node = await startLyingNode(proxy.url);
  node.hide("eth_sendRawTransactionSync");
  return {
    world,
    endpoint: node.url,
    sent: proxy.sent,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

async function purchase(house: House) {
  return swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await house.world.clock.now() });
}

/** Everybody else bids more: one block at `times` the base fee that the gateway saw. */
async function feesRise(world: EvmWorld, times: bigint): Promise<void> {
  await world.rpc("anvil_setNextBlockBaseFeePerGas", [`0x${(BASE_FEE * times).toString(16)}`]);
  await world.rpc("evm_mine");
}

async function signedOf({ opened: { stream } }: House): Promise<readonly SignedBody[]> {
  const found: SignedBody[] = [];
  for await (const { kind, body } of stream.journal.read(stream.stream)) {
    if (kind === "signed") found.push(body as unknown as SignedBody);
  }
  return found;
}

async function gasUsed({ opened: { gateway, wallet } }: House): Promise<number> {
  const { budgets } = await gateway.state(wallet);
  return Number(budgets.find(({ budget }) => budget === "max_gas_usd_per_day")?.used.toFixed());
}

/** What `mandate verify` says of the journal. */
async function verified({ opened: { stream } }: House): Promise<boolean> {
  const { ok, first_bad } = await checkStream(stream.journal, stream.stream);
  expect(first_bad).toBeNull();
  return ok;
}

test("calls that others outbid are signed again for more under the same nonces, within the gas pots, and land once", async () => {
  await using chain = await busyChain();
  const { world } = chain;
  await using house = await openHouse({ ...chain, limits: { max_gas_usd_per_day: 50 } });
  await world.rpc("evm_setAutomine", [false]);
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("open");
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "open" }]);
  expect(await signedOf(house)).toHaveLength(1);
  const reserved = await gasUsed(house);

  await feesRise(world, 20n);
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "open" }]);
  const [first, again, ...others] = await signedOf(house);
  expect(others).toEqual([]);
  expect(again?.transactions.map(({ nonce, purpose }) => [nonce, purpose])).toEqual([
    [0, "call"],
    [1, "call"],
  ]);
  expect(await gasUsed(house)).toBeGreaterThan(reserved);
  const [old, higher] = [chain.sent.slice(0, 2), chain.sent.slice(2)].map((all) =>
    all.map((one) => parseTransaction(one as Hex)),
  );
  expect(higher?.map(({ to, data, value, gas }) => ({ to, data, value, gas }))).toEqual(
    old?.map(({ to, data, value, gas }) => ({ to, data, value, gas })),
  );
  higher?.forEach(({ maxFeePerGas = 0n }, i) => {
    expect(maxFeePerGas * 8n).toBeGreaterThanOrEqual((old?.[i]?.maxFeePerGas ?? 0n) * 9n);
  });
  expect(first?.transactions.map(({ hash }) => hash)).not.toEqual(again?.transactions.map(({ hash }) => hash));

  await house.restart();
  await world.rpc("evm_mine");
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([
    { kind: "confirmed", transactions: [{ status: "success" }, { status: "success" }] },
  ]);
  expect(await gasUsed(house)).toBeLessThan(reserved * 20);
  expect(await nonceOf(world)).toBe(2);
  expect(signedKept(house.home)).toBe(0);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true });
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  expect(await verified(house)).toBe(true);
});

test("what the gas pots have no room for is not signed again, and loses its nonces once its time is over", async () => {
  await using chain = await busyChain();
  const { world } = chain;
  await using house = await openHouse({ ...chain, limits: { max_gas_usd_per_day: 3 } });
  await world.rpc("evm_setAutomine", [false]);
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("open");
  await feesRise(world, 100n);
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "open" }]);
  expect(await signedOf(house)).toHaveLength(1);
  expect(await gasUsed(house)).toBeLessThanOrEqual(3);
  await world.rpc("evm_setAutomine", [true]);
  await world.rpc("anvil_setNextBlockBaseFeePerGas", [`0x${BASE_FEE.toString(16)}`]);
  await world.rpc("anvil_dropAllTransactions");
  await world.advance((await world.clock.now()) + 6 * MINUTE);
  await world.rpc("anvil_setNextBlockBaseFeePerGas", [`0x${BASE_FEE.toString(16)}`]);
  // The nonces are taken at once; the block with them may come after the first look.
  const [first] = await house.opened.gateway.settle(house.opened.wallet);
  await world.rpc("evm_mine");
  const [last = first] = await house.opened.gateway.settle(house.opened.wallet);
  expect(last).toMatchObject({ kind: "rejected", transactions: [{ status: "voided" }, { status: "voided" }] });
});

test("a wallet that was frozen meanwhile signs nothing again but what reduces", async () => {
  await using chain = await busyChain();
  const { world } = chain;
  await using governed = await governedHouse({ ...chain });
  const { house } = governed;
  await world.rpc("evm_setAutomine", [false]);
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("open");
  await governed.operator.freeze("look first");
  await feesRise(world, 20n);
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "open" }]);
  expect(await signedOf(house)).toHaveLength(1);
});

test("an exit that others outbid is paid for from what is kept for exits, once the day's gas is used up", async () => {
  await using chain = await busyChain();
  const { world } = chain;
  await using house = await openHouse({ ...chain, limits: { max_gas_usd_per_day: 3, exit_gas_usd_per_day: 50 } });
  await world.rpc("evm_setAutomine", [false]);
  const now = await world.clock.now();
  const exit = swapActions({ sell: "WETH", buy: "USDC", amount: "0.2", floor: "599", now });
  expect((await house.act(exit))[0]?.kind).toBe("open");
  await feesRise(world, 100n);
  await house.opened.gateway.settle(house.opened.wallet);
  const [, again] = await signedOf(house);
  expect(Number(again?.more?.exit_gas_usd)).toBeGreaterThan(0);
  expect(again?.more?.gas_usd).toBe("0");
  await world.rpc("evm_mine");
  expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "confirmed" }]);
  const { budgets } = await house.opened.gateway.state(house.opened.wallet);
  for (const { limit, used } of budgets.filter(({ budget }) => budget.includes("gas_usd"))) {
    expect(Number(used.toFixed())).toBeLessThanOrEqual(Number(String(limit)));
    expect(used.gt(0)).toBe(true);
  }
  expect(await verified(house)).toBe(true);
});

test.each(["agent", "operator"] as const)(
  "of what is kept for exits, an exit of the %s that others outbid burns its share",
  async (by) => {
    await using chain = await busyChain();
    const { world } = chain;
    const limits = { max_gas_usd_per_day: 3, exit_gas_usd_per_day: 8 };
    await using governed = await governedHouse({ ...chain, limits });
    const { house, operator } = governed;
    await world.rpc("evm_setAutomine", [false]);
    const now = await world.clock.now();
    const exit = swapActions({ sell: "WETH", buy: "USDC", amount: "0.2", floor: "599", now });
    const sent = by === "operator" ? await operator.exit(exit) : (await house.act(exit))[0];
    expect(sent?.kind).toBe("open");
    await feesRise(world, 40n);
    await house.opened.gateway.settle(house.opened.wallet);
    const burnt = (await signedOf(house)).map(({ more }) => Number(more?.exit_gas_usd ?? 0)).reduce((a, b) => a + b);
    expect(burnt).toBeLessThanOrEqual(limits.exit_gas_usd_per_day);
    // Half is for the way home alone.
    expect(burnt > limits.exit_gas_usd_per_day / 2).toBe(by === "operator");
  },
);
