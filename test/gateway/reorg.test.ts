import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import type { Hex } from "../../src/core/hex.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { startLyingNode } from "../effects/support/lying-node.ts";
import { type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { balancesOf, nonceOf, signedKept, standingOf } from "../support/standing.ts";

async function purchase(house: House) {
  return swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await house.world.clock.now() });
}

async function stateOf({ opened: { gateway, wallet } }: House) {
  const state = await gateway.state(wallet);
  return { ...state, spent: state.budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed() };
}

async function kindsOf(house: House): Promise<readonly string[]> {
  const { journal, stream } = house.opened.stream;
  const kinds: string[] = [];
  for await (const { kind } of journal.read(stream)) kinds.push(kind);
  return kinds;
}

/** What `mandate verify` says of the journal. */
async function verified({ opened: { stream } }: House): Promise<boolean> {
  const { ok, first_bad } = await checkStream(stream.journal, stream.stream);
  expect(first_bad).toBeNull();
  return ok;
}

test("a reorganisation that drops a settled request reopens it: its budget is taken, its nonces are consumed, then it is over", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  const before = await balancesOf(house.world, REHEARSAL_WALLET);
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
  // It is found where it is, and that is kept; then the chain is as high as before, without it.
  await gateway.open(wallet);
  await house.world.rpc("anvil_reorg", [2, []]);
  expect(await nonceOf(house.world)).toBe(0);

  await gateway.open(wallet);
  const reopened = await stateOf(house);
  expect(reopened).toMatchObject({ stopped: null, open: [{ kind: "open" }], spent: "30" });
  expect(reopened.holdings.find(({ asset }) => asset === "base/USDC")?.amount.toFixed()).toBe("300");

  await house.restart();
  const [outcome] = await house.opened.gateway.settle(wallet);
  expect(outcome).toMatchObject({ kind: "rejected", transactions: [{ status: "voided" }, { status: "voided" }] });
  const after = await balancesOf(house.world, REHEARSAL_WALLET);
  expect([after.WETH, after.USDC]).toEqual([before.WETH, before.USDC]);
  expect(await stateOf(house)).toMatchObject({ stopped: null, open: [], spent: "0" });
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
  expect(await nonceOf(house.world)).toBe(4);
  expect((await kindsOf(house)).filter((kind) => kind === "reopened")).toHaveLength(1);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true });
  expect(await verified(house)).toBe(true);
});

test("what is mined again in another block is measured again, and counts once", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  try {
    await using house = await openHouse({ world, endpoint: proxy.url });
    const start = await world.snapshot();
    expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
    await world.revert(start);
    await world.mine();
    for (const bytes of new Set(proxy.sent)) await world.rpc("eth_sendRawTransactionSync", [bytes as Hex]);

    const [outcome] = await house.opened.gateway.settle(house.opened.wallet);
    expect(outcome?.kind).toBe("confirmed");
    await house.opened.gateway.open(house.opened.wallet);
    expect((await kindsOf(house)).filter((kind) => kind === "reopened" || kind === "settled")).toEqual([
      "settled",
      "reopened",
      "settled",
    ]);
    expect(await stateOf(house)).toMatchObject({ stopped: null, open: [], spent: "30" });
    const held = await balancesOf(world, REHEARSAL_WALLET);
    const { holdings } = await stateOf(house);
    expect(
      holdings
        .find(({ asset }) => asset === "base/USDC")
        ?.amount.times(1_000_000)
        .toFixed(),
    ).toBe(String(held.USDC));
    expect(signedKept(house.home)).toBe(0);
    expect(await verified(house)).toBe(true);
    expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
  } finally {
    await proxy[Symbol.asyncDispose]();
    await world.stop();
  }
});

test("a chain that takes back several requests has them all in flight again, oldest first, before the next signature", async () => {
  await using house = await openHouse();
  await house.act(await purchase(house));
  await house.act(await purchase(house));
  await house.world.rpc("anvil_reorg", [3, []]);
  expect(await nonceOf(house.world)).toBe(1);
  const [next] = await house.act(await purchase(house));
  expect(next?.kind).toBe("confirmed");
  expect((await kindsOf(house)).filter((kind) => kind === "reopened")).toHaveLength(2);
  expect(await stateOf(house)).toMatchObject({ stopped: null, open: [] });
  expect(await nonceOf(house.world)).toBe(6);
});

test("blocks on top change nothing: what stays where it was is not looked up anew", async () => {
  await using house = await openHouse();
  await house.act(await purchase(house));
  await house.world.rpc("anvil_mine", ["0x5"]);
  await house.world.rpc("anvil_reorg", [3, []]);
  await house.opened.gateway.open(house.opened.wallet);
  expect(await kindsOf(house)).not.toContain("reopened");
});

test("a node that has not come to what it showed before reaches no verdict, and nothing is taken for gone", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const node = await startLyingNode(world.url);
  try {
    const chain = { ...EVM_BOOK.chains.base, rpc: world.url, block_seconds: 1, confirmations: 1 };
    const book = { wallet: REHEARSAL_WALLET, chains: { base: chain } };
    await using house = await openHouse({ world, endpoint: node.url, book, limits: SHIPPED_LIMITS });
    expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
    node.lie("eth_blockNumber", (height) => `0x${(Number(height) - 2).toString(16)}`);
    await expect(house.act(await purchase(house))).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
    node.honest();
    expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
    expect(await kindsOf(house)).not.toContain("reopened");
  } finally {
    await node[Symbol.asyncDispose]();
    await world.stop();
  }
});

test("while the newest settled block stands no older one is asked for, and a newer one is read beside the one that was newest", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const node = await startLyingNode(world.url);
  try {
    await using house = await openHouse({ world, endpoint: node.url });
    const { gateway, wallet, stream } = house.opened;
    const blocks = () =>
      stream.state.requests
        .values()
        .flatMap(({ settled }) => settled?.transactions ?? [])
        .map(({ block }) => block);
    await house.act(await purchase(house));
    const older = blocks();
    await house.act(await purchase(house));
    const newer = blocks().slice(older.length);
    const asked: unknown[] = [];
    const listen = (block: unknown, [at]: readonly unknown[]) => {
      asked.push(Number(at));
      return block;
    };
    node.lie("eth_getBlockByNumber", listen);
    await gateway.settle(wallet);
    expect(asked).toEqual(expect.arrayContaining([Math.max(...older.map(Number)), ...newer]));
    expect(asked).not.toContain(Math.min(...older.map(Number)));
    asked.length = 0;
    await gateway.settle(wallet);
    expect(asked).toEqual([Number(await world.rpc("eth_blockNumber"))]);

    // A third comes to lie on another chain than the two before: seen at the next look, though the newest stands.
    const before = Number(await world.rpc("eth_blockNumber"));
    await house.act(await purchase(house));
    const moved = (block: unknown, [at]: readonly unknown[]) =>
      Number(at) <= before ? { ...(block as object), hash: `0x${"5a".repeat(32)}` } : block;
    node.lie("eth_getBlockByNumber", moved);
    await gateway.settle(wallet);
    expect(await kindsOf(house)).toContain("reopened");
  } finally {
    await node[Symbol.asyncDispose]();
    await world.stop();
  }
});
