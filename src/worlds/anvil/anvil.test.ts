import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Anvil, GENESIS_TIME, startAnvil } from "./anvil.ts";

async function latest(chain: Anvil): Promise<{ hash: string; timestamp: number; baseFee: number }> {
  const block = (await chain.rpc("eth_getBlockByNumber", ["latest", false])) as Record<string, string>;
  return { hash: String(block.hash), timestamp: Number(block.timestamp), baseFee: Number(block.baseFeePerGas) };
}

/** Resolves when nothing listens on the port any more. */
async function closed(url: string): Promise<void> {
  const port = Number(new URL(url).port);
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const refused = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(false));
      socket.on("error", () => resolve(true));
    });
    if (refused) return;
    // The other end dies, with a reset or without.
    await new Promise((resolve) => socket.once("close", resolve));
  }
}

test("blocks are one second apart unless told otherwise, and the same calls give the same hashes", async () => {
  const chains = await Promise.all([startAnvil(), startAnvil()]);
  const hashes = [];
  for (const chain of chains) {
    await chain.rpc("evm_mine");
    expect((await latest(chain)).timestamp).toBe(GENESIS_TIME + 1);
    await chain.rpc("evm_setNextBlockTimestamp", [GENESIS_TIME + 500]);
    await chain.rpc("evm_mine");
    expect((await latest(chain)).timestamp).toBe(GENESIS_TIME + 500);
    await chain.rpc("evm_mine");
    expect((await latest(chain)).timestamp).toBe(GENESIS_TIME + 501);
    hashes.push((await latest(chain)).hash);
  }
  expect(hashes[0]).toBe(hashes[1]);
  await Promise.all(chains.map((chain) => chain.stop()));
});

test("it has no keys and no rich accounts", async () => {
  const chain = await startAnvil();
  expect(await chain.rpc("eth_accounts")).toEqual([]);
  await chain.stop();
});

test("stop ends the process, and what is asked after is a typed error", async () => {
  const chain = await startAnvil();
  await chain.stop();
  await closed(chain.url);
  await expect(chain.rpc("eth_blockNumber")).rejects.toMatchObject({ code: "WORLD_RPC", rpcCode: undefined });
  await chain.stop();
});

test("a call that the node refuses is a typed error with the node's code", async () => {
  const chain = await startAnvil();
  await expect(chain.rpc("eth_nothing")).rejects.toMatchObject({ code: "WORLD_RPC", rpcCode: -32601 });
  await chain.stop();
});

test("calls of one message are begun in their order, and the first that fails is told", async () => {
  const chain = await startAnvil();
  const said = await chain.rpcAll([
    ["anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"]],
    ["evm_setNextBlockTimestamp", [GENESIS_TIME + 50]],
    ["evm_mine"],
    ["eth_chainId"],
  ]);
  expect(said).toHaveLength(4);
  expect(said[3]).toBe("0x7a69");
  expect(await latest(chain)).toMatchObject({ timestamp: GENESIS_TIME + 50, baseFee: 1_000_000_000 });
  const failing = chain.rpcAll([["eth_chainId"], ["eth_nothing"], ["eth_nobody"]]);
  await expect(failing).rejects.toMatchObject({ code: "WORLD_RPC", rpcCode: -32601, details: { method: "eth_nothing" } });
  await chain.stop();
});

test("an anvil that cannot start says why", async () => {
  await expect(startAnvil({ stateFile: "/nowhere/state.json" })).rejects.toMatchObject({
    code: "ANVIL_START",
    details: { output: expect.stringContaining("/nowhere/state.json") },
  });
});

test("a parent killed with SIGKILL takes anvil with it, and an idle parent is not kept alive by it", async () => {
  const script = (rest: string) => `
    import { startAnvil } from ${JSON.stringify(join(import.meta.dirname, "anvil.ts"))};
    const chain = await startAnvil();
    process.stdout.write(chain.url + "\\n");
    ${rest}`;
  for (const [rest, end] of [
    ["setInterval(() => {}, 1000);", "SIGKILL"],
    ["", null],
  ] as const) {
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script(rest)], { stdio: ["ignore", "pipe", "inherit"] });
    const [url] = (await once(parent.stdout, "data")) as [Buffer];
    if (end !== null) parent.kill(end);
    const [, signal] = await once(parent, "exit");
    expect(signal).toBe(end);
    await closed(url.toString().trim());
  }
});
