import { keccak256 } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Address, Hex } from "../../src/core/hex.ts";
import { CodeReader, KnownCode, readCode } from "../../src/gateway/rails/evm/code.ts";
import { askCodeHashes } from "../../src/gateway/rails/evm/code-hashes.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type LyingNode, startLyingNode } from "./support/lying-node.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const NOBODY: Address = "0x00000000000000000000000000000000000000aa";
const AT: readonly Address[] = [assets.USDC.address, contracts.router.address, NOBODY, REHEARSAL_WALLET];

let world: EvmWorld;
let node: LyingNode;
const rpc = () => rpcClient(node.url, { retries: 0 });

beforeAll(async () => {
  world = await startEvmWorld({ seed: 1 });
  node = await startLyingNode(world.url);
});
afterEach(() => node.honest());
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await world.stop();
});

/** What is asked of the node meanwhile, by method. */
async function askedBy<T>(work: () => Promise<T>): Promise<{ readonly said: T; readonly whole: number }> {
  const start = node.asked.length;
  const said = await work();
  return { said, whole: node.asked.slice(start).filter((method) => method === "eth_getCode").length };
}

const bent = (said: unknown) => `${String(said).slice(0, -2)}${String(said).endsWith("00") ? "01" : "00"}`;

test("the node's hashes of code are Keccak's of the code that it gives", async () => {
  const hashes = await askCodeHashes(rpc(), AT.slice(0, 2), "latest");
  const whole = await Promise.all(AT.slice(0, 2).map((at) => rpc().request<Hex>("eth_getCode", [at, "latest"])));
  expect(hashes).toEqual(whole.map((code) => keccak256(code)));
});

test("code that stands is not read whole again, and says the same as if it were", async () => {
  const reader = new CodeReader(rpc(), new KnownCode());
  const first = await askedBy(() => reader.read(AT, "latest"));
  expect(first.whole).toBe(AT.length);
  const again = await askedBy(() => reader.read(AT, "latest"));
  // What has no code is no more than two letters.
  expect(again.whole).toBe(2);
  expect(again.said).toEqual(first.said);
  expect(first.said).toEqual(await readCode(rpc(), AT, "latest"));
});

test("what one reader has read whole no other one of the process reads again, wherever it stands", async () => {
  const known = new KnownCode();
  const [usdc, router, ...none] = await new CodeReader(rpc(), known).read(AT, "latest");
  const code = String(await world.rpc("eth_getCode", [assets.USDC.address, "latest"]));
  const elsewhere: Address = "0x00000000000000000000000000000000000000bb";
  await world.rpc("anvil_setCode", [elsewhere, code]);
  const others = await askedBy(() => new CodeReader(rpc(), known).read([...AT, elsewhere], "latest"));
  expect(others).toEqual({ said: [usdc, router, ...none, usdc], whole: none.length });
});

test("a proxy's other slots are read of whoever has its code, also where another code stood before", async () => {
  const slots = [
    "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50",
    "0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7",
  ] as const;
  const proxy: Address = "0x00000000000000000000000000000000000000cc";
  const known = new KnownCode();
  const reader = new CodeReader(rpc(), known);
  for (const [i, slot] of slots.entries()) {
    await world.rpc("anvil_setCode", [proxy, `0x00${slot.slice(2)}`]);
    for (const value of [0, 0xaa + i]) {
      await world.rpc("anvil_setStorageAt", [proxy, slot, `0x${value.toString(16).padStart(64, "0")}`]);
      const whole = await readCode(rpc(), [proxy], "latest");
      expect(await reader.read([proxy], "latest")).toEqual(whole);
      expect(await new CodeReader(rpc(), known).read([proxy], "latest")).toEqual(whole);
    }
  }
});

test("code that changed is read anew and is another, one byte is enough, and the slot of a proxy counts", async () => {
  const reader = new CodeReader(rpc(), new KnownCode());
  const before = await reader.read(AT, "latest");
  const router = contracts.router.address;
  const code = String(await world.rpc("eth_getCode", [router, "latest"]));
  await world.rpc("anvil_setCode", [router, bent(code)]);
  const changed = await reader.read(AT, "latest");
  expect(changed[1]).not.toBe(before[1]);
  expect(changed).toEqual(await readCode(rpc(), AT, "latest"));
  await world.rpc("anvil_setCode", [router, code]);
  expect(await reader.read(AT, "latest")).toEqual(before);
  const slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
  await world.rpc("anvil_setStorageAt", [assets.USDC.address, slot, `0x${"1".padStart(64, "0")}`]);
  expect((await reader.read(AT, "latest"))[0]).not.toBe(before[0]);
  await world.rpc("anvil_setStorageAt", [assets.USDC.address, slot, `0x${"0".repeat(64)}`]);
  expect(await reader.read(AT, "latest")).toEqual(before);
});

test.each<[string, (said: unknown) => unknown]>([
  ["runs no lent code", () => "0x"],
  ["answers with too little", (said) => String(said).slice(0, -64)],
])("a node that %s is asked for the code itself, and for nothing else from then on", async (_, lie) => {
  const honest = await readCode(rpc(), AT, "latest");
  const reader = new CodeReader(rpc(), new KnownCode());
  node.lie("eth_call", lie);
  expect(await reader.read(AT, "latest")).toEqual(honest);
  const again = await askedBy(() => reader.read(AT, "latest"));
  expect(again).toEqual({ said: honest, whole: AT.length });
  const calls = node.asked.length;
  await reader.read(AT, "latest");
  expect(node.asked.slice(calls)).not.toContain("eth_call");
});

test("false hashes make nothing pass that the code does not: it is read whole", async () => {
  const honest = await readCode(rpc(), AT, "latest");
  const reader = new CodeReader(rpc(), new KnownCode());
  await reader.read(AT, "latest");
  node.lie("eth_call", (said) => String(said).replace(/[1-9a-f]/g, "7"));
  const lied = await askedBy(() => reader.read(AT, "latest"));
  expect(lied).toEqual({ said: honest, whole: AT.length });
});

test("a node that fails at it once, after it did it, is asked for it again", async () => {
  const reader = new CodeReader(rpc(), new KnownCode());
  await reader.read(AT, "latest");
  await reader.read(AT, "latest");
  node.hide("eth_call");
  expect((await askedBy(() => reader.read(AT, "latest"))).whole).toBe(AT.length);
  node.honest();
  expect((await askedBy(() => reader.read(AT, "latest"))).whole).toBe(2);
});
