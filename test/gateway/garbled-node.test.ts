import { expect, test } from "vitest";
import { InvariantError, MandateError } from "../../src/core/errors.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { readMoves } from "../../src/gateway/rails/evm/signatures/read-moves.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type Lie, startLyingNode } from "../effects/support/lying-node.ts";
import { governedHouse } from "../operator/support/governed-house.ts";
import { type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";

const GARBLED = ["", "0xzz", null, -1, 1.5, 1e308, "-5", [], "0x"];
/** What is read of each answer. The empty name is the answer itself. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  eth_getBlockByNumber: ["", "number", "timestamp", "gasLimit", "gasUsed", "baseFeePerGas"],
  eth_maxPriorityFeePerGas: [""],
  eth_getTransactionCount: [""],
  eth_blockNumber: [""],
  eth_getBalance: [""],
  eth_getTransactionReceipt: ["status", "blockNumber", "blockHash", "gasUsed", "effectiveGasPrice", "transactionHash"],
};

/** An answer with one field of it replaced. */
function garbling(field: string, value: unknown): Lie {
  return (result) => (field === "" ? value : result === null ? null : { ...(result as object), [field]: value });
}

async function buy({ opened: { gateway, wallet }, world }: House): Promise<Outcome> {
  const { lease, cycle } = await gateway.open(wallet);
  const now = await world.clock.now();
  const actions = swapActions({ sell: "USDC", buy: "WETH", amount: "1", floor: "0.00033", now });
  return gateway.request({ wallet, lease, cycle, step: 1, actions });
}

async function sell({ opened: { gateway, wallet }, world }: House): Promise<Outcome> {
  const { lease, cycle } = await gateway.open(wallet);
  const now = await world.clock.now();
  const actions = swapActions({ sell: "WETH", buy: "USDC", amount: "0.15", floor: "448", now });
  return gateway.request({ wallet, lease, cycle, step: 1, actions });
}

async function openThrough() {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const node = await startLyingNode(world.url);
  const house = await openHouse({ world, endpoint: node.url });
  return {
    node,
    house,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

test("a garbled answer is no answer: it stops nobody for good, settles nothing, and is over once the node is", async () => {
  await using through = await openThrough();
  const { node, house } = through;
  let next = 0;
  for (const [method, fields] of Object.entries(FIELDS)) {
    for (const field of fields) {
      next += 1;
      for (const value of [GARBLED[next % GARBLED.length], GARBLED[(next + 4) % GARBLED.length]]) {
        const name = `${method}.${field}=${JSON.stringify(value)}`;
        node.lie(method, garbling(field, value));
        const said = await buy(house).catch((error: unknown) => error);
        if (said instanceof Error) {
          expect(said, name).toBeInstanceOf(MandateError);
          expect((said as MandateError).code, name).toBe("CHAIN_UNREACHABLE");
        }
        node.honest();
        await house.opened.gateway.settle(house.opened.wallet);
        const { stopped, open } = await house.opened.gateway.state(house.opened.wallet);
        expect({ stopped, open }, name).toEqual({ stopped: null, open: [] });
      }
    }
  }
  expect((await sell(house)).kind).toBe("confirmed");
});

test("a receipt from a block that is yet to come settles nothing, and the wallet goes on once the node is right", async () => {
  await using through = await openThrough();
  const { node, house } = through;
  for (const blockNumber of ["0xffffff", `0x${"f".repeat(13)}`]) {
    node.lie("eth_getTransactionReceipt", garbling("blockNumber", blockNumber));
    expect((await buy(house)).kind, blockNumber).toBe("open");
    node.honest();
    expect(await house.opened.gateway.settle(house.opened.wallet)).toMatchObject([{ kind: "confirmed" }]);
  }
  expect((await sell(house)).kind).toBe("confirmed");
});

test("gas beyond what the bytes could burn is counted as what they could, so no receipt keeps exits in", async () => {
  await using through = await openThrough();
  const { node, house } = through;
  node.lie("eth_getTransactionReceipt", garbling("effectiveGasPrice", `0x${"f".repeat(30)}`));
  await buy(house);
  const { budgets } = await house.opened.gateway.state(house.opened.wallet);
  const gas = budgets.find(({ budget }) => budget === "max_gas_usd_per_day");
  expect(gas?.used.toNumber()).toBeLessThan(20);
  node.honest();
  expect((await sell(house)).kind).toBe("confirmed");
});

test("what a node once told of a block that never came is over by the operator's word, and keeps no exit in", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  await using stopping = new AsyncDisposableStack();
  stopping.defer(() => world.stop());
  const node = stopping.use(await startLyingNode(world.url));
  const live = { ...EVM_BOOK.chains.base, rpc: node.url, block_seconds: 1, confirmations: 1 };
  const { house, operator } = stopping.use(
    await governedHouse({
      limits: SHIPPED_LIMITS,
      world,
      endpoint: node.url,
      book: { wallet: REHEARSAL_WALLET, chains: { base: live } },
    }),
  );
  const { lease, cycle } = await house.opened.gateway.open(house.opened.wallet);
  const now = await world.clock.now();
  const actions = swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00997", now });
  node.lie("eth_blockNumber", () => "0xffffffff");
  node.lie("eth_getTransactionReceipt", garbling("blockNumber", "0xfffffff0"));
  await house.opened.gateway.request({ wallet: house.opened.wallet, lease, cycle, step: 1, actions });
  node.honest();
  await expect(sell(house)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  await operator.unfreeze("the node lied; I have looked at the chain");
  expect((await sell(house)).kind).toBe("confirmed");
});

test("a block that is told to be far away is not looked for through all that lie between", async () => {
  await using through = await openThrough();
  const { node, house } = through;
  const { base } = house.mandate.terms.book.chains;
  if (!base) throw new InvariantError("the book has a chain");
  const source = { rpc: rpcClient(node.url), chain: "base", book: base };
  const before = node.asked.length;
  await expect(readMoves(source, { owner: REHEARSAL_WALLET, from: 1, to: 2 ** 40 })).rejects.toMatchObject({ rpcCode: -32005 });
  expect(node.asked.length).toBe(before);
  expect(await readMoves(source, { owner: REHEARSAL_WALLET, from: 1, to: 40 })).toEqual([]);
});
