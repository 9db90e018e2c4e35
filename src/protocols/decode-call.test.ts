import fc from "fast-check";
import { encodeFunctionData, erc20Abi, maxUint256, parseAbi } from "viem";
import { expect, test } from "vitest";
import type { Address, Hex } from "../core/hex.ts";
import { decodeCall, isCallableKind } from "./decode-call.ts";
import type { EvmCall } from "./effects.ts";
import { encodeApprove, encodeTransfer } from "./erc20.ts";
import type { Flow, Meaning } from "./protocol.ts";
import { CONTEXT, FACTORY, GOV, POOL, ROUTER, SAVINGS, STRANGER, USDC, WALLET, WETH } from "./testing/context.ts";
import { router02Abi } from "./uniswap-v3/abi.ts";
import { encodeSwap } from "./uniswap-v3/router02.ts";
import { unwrapCall, wrapCall } from "./weth9.ts";

const decode = (call: Partial<EvmCall>): Meaning => decodeCall(CONTEXT, { to: ROUTER, data: "0x", value: 0n, ...call });
const codes = (meaning: Meaning) => meaning.unknown.map(({ code }) => code);
const flows = (list: readonly Flow[]) => list.map(({ account, asset, amount }) => `${account} ${amount.toFixed()} ${asset}`);

test("an approval says who may take what, in whole tokens", () => {
  const meaning = decode(encodeApprove(USDC, ROUTER, 1_500_000n));
  expect(meaning).toMatchObject({ call: { contract: "USDC", kind: "erc20", function: "approve" }, gives: [], unknown: [] });
  expect(meaning.approves.map(({ owner, asset, spender, amount }) => [owner, asset, spender, amount.toFixed()])).toEqual([
    ["wallet", "base/USDC", ROUTER, "1.5"],
  ]);
  expect(
    decode(encodeApprove(USDC, ROUTER, maxUint256))
      .approves[0]?.amount.times(1_000_000)
      .toFixed(),
  ).toBe(maxUint256.toString());
});

test("a transfer is a payment, but for one between own accounts", () => {
  const away = decode(encodeTransfer(USDC, STRANGER, 2_000_000n));
  expect(flows(away.gives)).toEqual(["wallet 2 base/USDC"]);
  expect(away).toMatchObject({ gets: [], pays: [{ to: STRANGER, asset: "base/USDC" }] });
  const home = decode(encodeTransfer(USDC, SAVINGS, 2_000_000n));
  expect(flows(home.gets)).toEqual(["savings 2 base/USDC"]);
  expect(home.pays).toEqual([]);
});

test("native coin that is sent is a payment, but for one between own accounts", () => {
  expect(decode({ to: STRANGER, value: 10n ** 18n })).toMatchObject({ pays: [{ to: STRANGER, asset: "base/ETH" }], unknown: [] });
  expect(decode({ to: SAVINGS, value: 10n ** 18n })).toMatchObject({ pays: [] });
});

test("wrapping and unwrapping are one for one", () => {
  const wrap = decode(wrapCall(WETH, 10n ** 17n));
  expect([flows(wrap.gives), flows(wrap.gets), wrap.unknown]).toEqual([["wallet 0.1 base/ETH"], ["wallet 0.1 base/WETH"], []]);
  const unwrap = decode(unwrapCall(WETH, 10n ** 17n));
  expect([flows(unwrap.gives), flows(unwrap.gets), unwrap.unknown]).toEqual([
    ["wallet 0.1 base/WETH"],
    ["wallet 0.1 base/ETH"],
    [],
  ]);
  expect(codes(decode({ ...unwrapCall(WETH, 1n), value: 1n }))).toEqual(["MALFORMED_CALL"]);
});

test("wrapped ether is an ERC-20 too", () => {
  expect(codes(decode(encodeTransfer(WETH, STRANGER, 1n)))).toEqual([]);
  expect(decode(encodeTransfer(WETH, STRANGER, 1n)).pays).toHaveLength(1);
  expect(codes(decode({ to: WETH, data: "0x", value: 1n }))).toContain("FUNCTION_NOT_ALLOWED");
});

const OTHER = parseAbi([
  "function increaseAllowance(address spender, uint256 added)",
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function transferAndCall(address to, uint256 amount, bytes data)",
  "function mint(address to, uint256 amount)",
]);
const word: Hex = `0x${"11".repeat(32)}`;

test.each([
  ["transferFrom", encodeFunctionData({ abi: erc20Abi, functionName: "transferFrom", args: [WALLET, STRANGER, 1n] })],
  ["increaseAllowance", encodeFunctionData({ abi: OTHER, functionName: "increaseAllowance", args: [STRANGER, 1n] })],
  ["permit", encodeFunctionData({ abi: OTHER, functionName: "permit", args: [WALLET, STRANGER, 1n, 1n, 27, word, word] })],
  ["transferAndCall", encodeFunctionData({ abi: OTHER, functionName: "transferAndCall", args: [STRANGER, 1n, "0x"] })],
  ["mint", encodeFunctionData({ abi: OTHER, functionName: "mint", args: [STRANGER, 1n] })],
  ["balanceOf", encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [WALLET] })],
])("%s of a token is denied", (_, data) => {
  for (const to of [USDC, WETH]) expect(codes(decode({ to, data }))[0]).toBe("FUNCTION_NOT_ALLOWED");
});

test("what is only read is never called, and what is not in the book is nobody's", () => {
  expect(codes(decode({ to: FACTORY, data: "0xdeadbeef" }))).toEqual(["FUNCTION_NOT_ALLOWED"]);
  expect(codes(decode({ to: POOL, data: "0xdeadbeef" }))).toEqual(["FUNCTION_NOT_ALLOWED"]);
  expect(codes(decode({ to: STRANGER, data: "0xdeadbeef" }))).toEqual(["CONTRACT_NOT_ALLOWED"]);
  expect(codes(decode({ to: FACTORY, value: 1n }))).toEqual(["FUNCTION_NOT_ALLOWED"]);
  expect(["erc20", "weth9", "uniswap-v3-router02", "uniswap-v3-pool", "chainlink"].map(isCallableKind)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

const single = {
  tokenIn: WETH,
  tokenOut: USDC,
  fee: 500,
  recipient: WALLET,
  amountIn: 10n ** 17n,
  amountOutMinimum: 299_000_000n,
  sqrtPriceLimitX96: 0n,
};
const CALLS: readonly EvmCall[] = [
  encodeApprove(USDC, ROUTER, 5n),
  encodeTransfer(USDC, STRANGER, 5n),
  unwrapCall(WETH, 5n),
  encodeSwap({
    router: ROUTER,
    tokenIn: WETH,
    tokenOut: USDC,
    fee: 500,
    recipient: WALLET,
    amountIn: 1n,
    amountOutMinimum: 1n,
    deadline: 1n,
  }),
  { to: ROUTER, data: encodeFunctionData({ abi: router02Abi, functionName: "exactInputSingle", args: [single] }), value: 0n },
];

test("two texts for one call do not exist: trailing bytes and dirty padding are denied", () => {
  for (const call of CALLS) {
    expect(codes(decode(call))).not.toContain("FUNCTION_NOT_ALLOWED");
    expect(codes(decode({ ...call, data: `${call.data}00` }))).toContain("FUNCTION_NOT_ALLOWED");
    expect(codes(decode({ ...call, data: `${call.data}${"00".repeat(32)}` }))).toContain("FUNCTION_NOT_ALLOWED");
  }
  const dirty = (data: Hex): Hex => `0x${data.slice(2, 10)}01${data.slice(12)}`;
  expect(codes(decode({ ...encodeApprove(USDC, ROUTER, 5n), data: dirty(encodeApprove(USDC, ROUTER, 5n).data) }))).toContain(
    "FUNCTION_NOT_ALLOWED",
  );
});

const anywhere: fc.Arbitrary<Address> = fc.constantFrom(WETH, USDC, GOV, ROUTER, POOL, FACTORY, STRANGER, WALLET);
const someBytes = fc.uint8Array({ maxLength: 300 }).map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);
const selectors = CALLS.map(({ data }) => data.slice(0, 10) as Hex);
const likely = fc
  .tuple(
    fc.constantFrom(...selectors),
    fc.array(fc.oneof(fc.bigInt({ min: 0n, max: maxUint256 }), fc.bigInt({ min: 0n, max: 256n }), anywhere.map(BigInt)), {
      maxLength: 12,
    }),
  )
  .map(([selector, words]): Hex => `${selector}${words.map((one) => one.toString(16).padStart(64, "0")).join("")}`);
const flipped = fc
  .tuple(fc.constantFrom(...CALLS), fc.nat(), fc.integer({ min: 1, max: 255 }))
  .map(([{ data }, place, mask]): Hex => {
    const bytes = Buffer.from(data.slice(2), "hex");
    const at = place % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ mask;
    return `0x${bytes.toString("hex")}`;
  });

test("no bytes make decoding throw, and whatever they mean is either bounded or denied", () => {
  fc.assert(
    fc.property(anywhere, fc.oneof(someBytes, likely, flipped), fc.constantFrom(0n, 0n, 1n), (to, data, value) => {
      const meaning = decode({ to, data, value });
      if (meaning.unknown.length > 0) return;
      for (const { account } of [...meaning.gives, ...meaning.gets]) expect(CONTEXT.accounts[account]).toBeDefined();
      for (const { amount } of [...meaning.gives, ...meaning.gets, ...meaning.pays, ...meaning.approves])
        expect(amount.isNegative()).toBe(false);
      // Native coin that goes along is explained by what the call gives.
      if (value > 0n) expect(meaning.gives.some(({ asset }) => asset === "base/ETH")).toBe(true);
      // A swap without problems pays an own account, from a pool of the book.
      if (meaning.timeSensitive) expect(meaning.gets.length * meaning.pools.length).toBeGreaterThan(0);
    }),
    { numRuns: 3000 },
  );
});
