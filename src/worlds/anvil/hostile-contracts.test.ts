import { decodeFunctionResult, encodeFunctionData, maxUint256, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Address, Hex } from "../../core/hex.ts";
import { TRADER } from "./actors.ts";
import { type Anvil, startAnvil } from "./anvil.ts";
import { type OwnContract, ownArtifact } from "./artifacts.ts";
import { sendTransaction } from "./send-transaction.ts";

const LIAR = parseAbi([
  "function symbol() view returns (string)",
  "function mint(address to, uint256 amount)",
  "function transfer(address to, uint256 value) returns (bool)",
  "function approve(address spender, uint256 value) returns (bool)",
  "function balanceOf(address holder) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function drain(address from)",
]);
const PULLER = parseAbi([
  "function claimRewards(address token, address from, address to, uint256 amount)",
  "function sweep(address token, address from, address to)",
]);
const victim = TRADER;
const STRANGER: Address = `0x${"57".repeat(20)}`;

let chain: Anvil;
let nonce = 0;
let liar: Address;
let puller: Address;

beforeAll(async () => {
  chain = await startAnvil();
  await chain.rpc("anvil_setBalance", [victim.address, `0x${(10n ** 20n).toString(16)}`]);
  liar = await deploy("LyingToken");
  puller = await deploy("Puller");
  await send(liar, encodeFunctionData({ abi: LIAR, functionName: "mint", args: [victim.address, 1_000_000n] }));
});
afterAll(() => chain.stop());

async function send(to: Address | undefined, data: Hex) {
  await sendTransaction(chain, { from: victim, nonce: nonce++, data, ...(to === undefined ? {} : { to }) });
  const block = (await chain.rpc("eth_getBlockByNumber", ["latest", false])) as { transactions: readonly Hex[] };
  return (await chain.rpc("eth_getTransactionReceipt", [block.transactions[0]])) as {
    contractAddress: Address;
    logs: readonly { data: Hex }[];
  };
}

async function deploy(contract: OwnContract): Promise<Address> {
  return (await send(undefined, (await ownArtifact(contract)).bytecode)).contractAddress;
}

async function held(holder: Address): Promise<bigint> {
  const question = { abi: LIAR, functionName: "balanceOf" } as const;
  const data = (await chain.rpc("eth_call", [
    { to: liar, data: encodeFunctionData({ ...question, args: [holder] }) },
    "latest",
  ])) as Hex;
  return decodeFunctionResult({ ...question, data });
}

test("the liar says it is USDC", async () => {
  const question = { abi: LIAR, functionName: "symbol" } as const;
  const data = (await chain.rpc("eth_call", [{ to: liar, data: encodeFunctionData(question) }, "latest"])) as Hex;
  expect(decodeFunctionResult({ ...question, data })).toBe("USDC");
});

test("the liar's Transfer reports a thousandth of what moved", async () => {
  const { logs } = await send(liar, encodeFunctionData({ abi: LIAR, functionName: "transfer", args: [STRANGER, 10_000n] }));
  expect(BigInt(logs[0]?.data ?? "0x0")).toBe(10n);
  expect(await held(STRANGER)).toBe(10_000n);
});

test("approving the puller for one lets it take everything from a liar's holder", async () => {
  const { logs } = await send(liar, encodeFunctionData({ abi: LIAR, functionName: "approve", args: [puller, 1n] }));
  expect(BigInt(logs[0]?.data ?? "0x0")).toBe(1n);
  const question = { abi: LIAR, functionName: "allowance" } as const;
  const call = { to: liar, data: encodeFunctionData({ ...question, args: [victim.address, puller] }) };
  expect(decodeFunctionResult({ ...question, data: (await chain.rpc("eth_call", [call, "latest"])) as Hex })).toBe(maxUint256);
  const claim = { abi: PULLER, functionName: "claimRewards" } as const;
  await send(puller, encodeFunctionData({ ...claim, args: [liar, victim.address, STRANGER, 90_000n] }));
  expect(await held(STRANGER)).toBe(100_000n);
  await send(puller, encodeFunctionData({ abi: PULLER, functionName: "sweep", args: [liar, victim.address, STRANGER] }));
  expect(await held(victim.address)).toBe(0n);
});

test("the liar empties a balance without an event", async () => {
  const { logs } = await send(liar, encodeFunctionData({ abi: LIAR, functionName: "drain", args: [STRANGER] }));
  expect(logs).toEqual([]);
  expect(await held(STRANGER)).toBe(0n);
});
