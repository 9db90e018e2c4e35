import { encodeFunctionData, maxUint160, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Address, Hex } from "../../src/core/hex.ts";
import { simulate } from "../../src/gateway/rails/evm/simulate.ts";
import { readTip } from "../../src/gateway/rails/evm/tip.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { readOwnLogs } from "../../src/protocols/own-logs.ts";
import { ownArtifact } from "../../src/worlds/anvil/artifacts.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse } from "../support/house.ts";
import { malloryDeploys, malloryDoes } from "../support/mallory.ts";
import { HOSTILE_LIMITS, refusal } from "../support/refusal.ts";
import { STRANGER } from "../support/standing.ts";

const abi = parseAbi([
  "function mint(address to, uint256 id)",
  "function mint(address to, uint256 id, uint256 amount)",
  "function mintBatch(address to, uint256[] ids, uint256[] amounts)",
  "function approve(address spender, uint256 id)",
  "function setApprovalForAll(address operator, bool approved)",
  "function transferFrom(address from, address to, uint256 id)",
  "function safeTransferFrom(address from, address to, uint256 id)",
  "function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes data)",
  "function safeBatchTransferFrom(address from, address to, uint256[] ids, uint256[] amounts, bytes data)",
]);
const permit2 = parseAbi([
  "function approve(address token, address spender, uint160 amount, uint48 expiration)",
  "function transferFrom(address from, address to, uint160 amount, address token)",
]);
const { assets, contracts } = EVM_BOOK.chains.base;
const [router, usdc] = [contracts.router.address, assets.USDC.address];
const own = REHEARSAL_WALLET;
/** `mint(address,uint256,uint256)`, which encodes by the number of arguments. */
const encode = (functionName: string, args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi, functionName, args } as Parameters<typeof encodeFunctionData>[0]);

let house: House;
let nfts: Address;
let multi: Address;
let hub: Address;

beforeAll(async () => {
  house = await openHouse({ limits: HOSTILE_LIMITS });
  const deploy = async (name: "Collectibles" | "MultiCollectibles" | "AllowanceHub") =>
    malloryDeploys(house.world, (await ownArtifact(name)).bytecode);
  [nfts, multi, hub] = [await deploy("Collectibles"), await deploy("MultiCollectibles"), await deploy("AllowanceHub")];
  await malloryDoes(house.world, { to: nfts, data: encode("mint", [own, 7n]) });
  await malloryDoes(house.world, { to: multi, data: encode("mint", [own, 3n, 50n]) });
});
afterAll(() => house[Symbol.asyncDispose]());

test.each<readonly [string, () => { to: Address; data: Hex }, readonly string[]]>([
  [
    "an own ERC-721 token away",
    () => ({ to: nfts, data: encode("transferFrom", [own, STRANGER, 7n]) }),
    ["RECIPIENT_NOT_ALLOWED"],
  ],
  ["it safely away", () => ({ to: nfts, data: encode("safeTransferFrom", [own, STRANGER, 7n]) }), ["RECIPIENT_NOT_ALLOWED"]],
  [
    "ERC-1155 tokens away",
    () => ({ to: multi, data: encode("safeTransferFrom", [own, STRANGER, 3n, 50n, "0x"]) }),
    ["RECIPIENT_NOT_ALLOWED"],
  ],
  [
    "a batch of them away",
    () => ({ to: multi, data: encode("safeBatchTransferFrom", [own, STRANGER, [3n], [50n], "0x"]) }),
    ["RECIPIENT_NOT_ALLOWED"],
  ],
  [
    "all ERC-721 tokens to an operator",
    () => ({ to: nfts, data: encode("setApprovalForAll", [STRANGER, true]) }),
    ["SPENDER_NOT_ALLOWED"],
  ],
  [
    "all ERC-1155 tokens to an operator",
    () => ({ to: multi, data: encode("setApprovalForAll", [STRANGER, true]) }),
    ["SPENDER_NOT_ALLOWED"],
  ],
  [
    "all tokens to a pinned contract",
    () => ({ to: nfts, data: encode("setApprovalForAll", [router, true]) }),
    ["ALLOWANCE_LEFT"],
  ],
  ["one ERC-721 token to a spender", () => ({ to: nfts, data: encode("approve", [STRANGER, 7n]) }), ["SPENDER_NOT_ALLOWED"]],
  [
    "Permit2's allowance to a spender",
    () => ({
      to: hub,
      data: encodeFunctionData({ abi: permit2, functionName: "approve", args: [usdc, STRANGER, maxUint160, 2 ** 47] }),
    }),
    ["SPENDER_NOT_ALLOWED"],
  ],
  [
    "Permit2's allowance to a pinned contract",
    () => ({ to: hub, data: encodeFunctionData({ abi: permit2, functionName: "approve", args: [usdc, router, 1n, 2 ** 47] }) }),
    ["ALLOWANCE_LEFT"],
  ],
  [
    "tokens by way of Permit2",
    () => ({
      to: hub,
      data: encodeFunctionData({ abi: permit2, functionName: "transferFrom", args: [own, STRANGER, 1n, usdc] }),
    }),
    ["RECIPIENT_NOT_ALLOWED"],
  ],
])("a call that would give %s is refused for what it is", async (_, call, codes) => {
  const refused = await refusal(house, [evmAction({ ...call(), value: 0n })]);
  expect(refused).toEqual(expect.arrayContaining(["CONTRACT_NOT_ALLOWED", ...codes]));
});

test("a refusal names the NFT and to whom it would go", async () => {
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const action = evmAction({ to: nfts, data: encode("safeTransferFrom", [own, STRANGER, 7n]), value: 0n });
  const { effects } = await gateway.preview({ wallet, lease, cycle, step: 1, actions: [action] });
  expect(effects.calls[0]).toMatchObject({ function: "safeTransferFrom", args: { to: STRANGER, items: `1 base/nft:${nfts}:7` } });
  expect(effects.unknown.map(({ what }) => what)).toContain(
    `NFT 7 of ${nfts} leaves wallet for ${STRANGER}, which the bytes do not say`,
  );
});

/** What logs of a real simulated call say of the own accounts. */
async function seen(to: Address, data: Hex, positions: readonly Address[] = []): Promise<readonly string[]> {
  const rpc = rpcClient(house.world.url);
  const tip = await readTip(rpc);
  const fees = { maxFeePerGas: tip.nextBaseFee * 2n, maxPriorityFeePerGas: 0n };
  const { calls } = await simulate(rpc, tip, {
    from: own,
    calls: [{ to, data, value: 0n }],
    probes: [],
    fees,
    blockSeconds: 1,
    gasCap: 3_000_000n,
  });
  expect(calls[0]?.ok).toBe(true);
  const context = {
    accounts: { wallet: own },
    tokens: new Set([usdc]),
    positions: new Set(positions),
    watched: new Set([router]),
  };
  return readOwnLogs(calls[0]?.logs ?? [], context).map(({ code, what }) => `${code}: ${what}`);
}

test("NFTs that come or go, and rights over them, are found in the logs of whatever contract", async () => {
  expect(await seen(nfts, encode("mint", [own, 8n]))).toEqual([
    `UNEXPLAINED_EFFECT: NFT 8 of ${nfts} comes to wallet, which the bytes do not say`,
  ]);
  expect(await seen(multi, encode("mintBatch", [own, [1n, 2n], [5n, 6n]]))).toEqual([
    `UNEXPLAINED_EFFECT: NFT 1,2 of ${multi} comes to wallet, which the bytes do not say`,
  ]);
  expect(await seen(multi, encode("safeTransferFrom", [own, STRANGER, 3n, 1n, "0x"]))).toEqual([
    `UNEXPLAINED_EFFECT: NFT 3 of ${multi} leaves wallet for ${STRANGER}, which the bytes do not say`,
  ]);
  expect(await seen(nfts, encode("approve", [STRANGER, 7n]))).toHaveLength(1);
  expect(await seen(nfts, encode("setApprovalForAll", [STRANGER, true]))).toEqual([
    `SPENDER_NOT_ALLOWED: ${nfts} says that ${STRANGER} may take of what wallet holds there`,
  ]);
  expect(await seen(nfts, encode("setApprovalForAll", [STRANGER, false]))).toEqual([]);
});

test("of a position manager's NFTs one that leaves for somebody is found: what comes, or is burnt, is counted elsewhere", async () => {
  expect(await seen(nfts, encode("mint", [own, 9n]), [nfts])).toEqual([]);
  expect(await seen(nfts, encode("transferFrom", [own, STRANGER, 7n]), [nfts])).toEqual([
    `UNEXPLAINED_EFFECT: NFT 7 of ${nfts} leaves wallet for ${STRANGER}, which the bytes do not say`,
  ]);
});

test("allowances of tokens and of Permit2 to whom nobody watches are found in the logs", async () => {
  const give = encodeFunctionData({ abi: permit2, functionName: "approve", args: [usdc, STRANGER, 1n, 2 ** 47] });
  expect(await seen(hub, give)).toEqual([
    `SPENDER_NOT_ALLOWED: ${hub} says that ${STRANGER} may take of what wallet holds there`,
  ]);
  expect(await seen(usdc, encode("approve", [STRANGER, 5n]))).toHaveLength(1);
  expect(await seen(usdc, encode("approve", [router, 5n]))).toEqual([]);
  expect(await seen(usdc, encode("approve", [STRANGER, 0n]))).toEqual([]);
});
