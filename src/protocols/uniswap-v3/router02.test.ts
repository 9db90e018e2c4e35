import fc from "fast-check";
import { encodeFunctionData, encodePacked, maxUint256, parseAbi } from "viem";
import { expect, test } from "vitest";
import type { Address, Hex } from "../../core/hex.ts";
import { decodeCall } from "../decode-call.ts";
import type { Flow, Meaning } from "../protocol.ts";
import { CONTEXT, GOV, ROUTER, STRANGER, USDC, WALLET, WETH } from "../testing/context.ts";
import { router02Abi as abi } from "./abi.ts";
import { encodeSwap } from "./router02.ts";

const decode = (data: Hex, value = 0n): Meaning => decodeCall(CONTEXT, { to: ROUTER, data, value });
const codes = (data: Hex) => decode(data).unknown.map(({ code }) => code);
const flows = (list: readonly Flow[]) => list.map(({ account, asset, amount }) => `${account} ${amount.toFixed()} ${asset}`);
const placeholder = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;

const good = {
  tokenIn: WETH,
  tokenOut: USDC,
  fee: 500,
  recipient: WALLET,
  amountIn: 10n ** 17n,
  amountOutMinimum: 299_000_000n,
  sqrtPriceLimitX96: 0n,
};
const single = (change: Partial<typeof good> = {}) =>
  encodeFunctionData({ abi, functionName: "exactInputSingle", args: [{ ...good, ...change }] });
const within = (deadline: bigint, ...calls: readonly Hex[]) =>
  encodeFunctionData({ abi, functionName: "multicall", args: [deadline, calls] });
const together = (...calls: readonly Hex[]) => encodeFunctionData({ abi, functionName: "multicall", args: [calls] });

test("a swap that was encoded decodes to its floor, its recipient, its pool and its deadline", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 24n }),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      fc.integer({ min: 1, max: 4_000_000_000 }),
      (amountIn, amountOutMinimum, deadline) => {
        const call = encodeSwap({ router: ROUTER, ...good, amountIn, amountOutMinimum, deadline: BigInt(deadline) });
        const meaning = decodeCall(CONTEXT, call);
        expect(meaning).toMatchObject({
          unknown: [],
          pools: ["WETH-USDC"],
          deadline: deadline * 1000,
          timeSensitive: true,
          pays: [],
        });
        expect(meaning.gives[0]?.amount.times("1000000000000000000").toFixed()).toBe(amountIn.toString());
        expect(meaning.gets[0]?.amount.times(10 ** 6).toFixed()).toBe(amountOutMinimum.toString());
      },
    ),
  );
});

test("the placeholder 1 is the caller; 0, 2 and any other low address are nobody's", () => {
  expect(decode(single({ recipient: placeholder(1) }))).toMatchObject({ gets: [{ account: "wallet" }], unknown: [] });
  for (const n of [0, 2, 3]) {
    expect(codes(single({ recipient: placeholder(n) }))).toEqual(["RECIPIENT_NOT_ALLOWED"]);
    expect(decode(single({ recipient: placeholder(n) })).gets).toEqual([]);
  }
  expect(codes(single({ recipient: ROUTER }))).toEqual(["RECIPIENT_NOT_ALLOWED"]);
  expect(codes(single({ recipient: STRANGER }))).toEqual(["RECIPIENT_NOT_ALLOWED"]);
});

test.each([
  ["no floor", { amountOutMinimum: 0n }, "NO_FLOOR"],
  ["an amount that means the router's own balance", { amountIn: 0n }, "MALFORMED_CALL"],
  ["a fee without a pinned pool", { fee: 3000 }, "POOL_NOT_ALLOWED"],
  ["a pair without a pinned pool", { tokenOut: GOV, fee: 3000 }, "POOL_NOT_ALLOWED"],
  ["a token that is not in the book", { tokenOut: STRANGER }, "TOKEN_NOT_ALLOWED"],
  ["one token for itself", { tokenOut: WETH }, "MALFORMED_CALL"],
] as const)("a swap with %s is denied", (_, change, code) => {
  expect(codes(single(change))).toContain(code);
});

test.each([1, 2, 3, 4, 5, 6])("%i multicalls deep, what a swap gives is counted or the call is denied", (depth) => {
  let data = single();
  for (let i = 0; i < depth; i += 1) data = together(data);
  const meaning = decode(within(1_000n, data));
  if (depth < 4) expect([flows(meaning.gives), meaning.unknown]).toEqual([["wallet 0.1 base/WETH"], []]);
  else expect(meaning.unknown.map(({ code }) => code)).toContain("FUNCTION_NOT_ALLOWED");
});

test("a multicall gives the sum of what it holds, and lands by its earliest deadline", () => {
  const meaning = decode(within(2_000n, single(), within(1_000n, single()), together(single())));
  expect(flows(meaning.gives)).toEqual(Array(3).fill("wallet 0.1 base/WETH"));
  expect(meaning.deadline).toBe(1_000_000);
  expect(decode(together(single())).deadline).toBeNull();
  expect(decode(within(maxUint256, single())).deadline).toBeNull();
});

test("one bad call in a multicall is found among good ones", () => {
  expect(codes(within(1_000n, single(), single({ recipient: STRANGER }), single()))).toEqual(["RECIPIENT_NOT_ALLOWED"]);
  const sweep = encodeFunctionData({
    abi: parseAbi(["function sweepToken(address token, uint256 least, address to)"]),
    args: [WETH, 0n, STRANGER],
  });
  const unwrap = encodeFunctionData({ abi: parseAbi(["function unwrapWETH9(uint256 least, address to)"]), args: [0n, STRANGER] });
  const pull = encodeFunctionData({ abi: parseAbi(["function pull(address token, uint256 value)"]), args: [WETH, 1n] });
  const permit = encodeFunctionData({
    abi: parseAbi(["function selfPermit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)"]),
    args: [USDC, 1n, 1n, 27, `0x${"00".repeat(32)}`, `0x${"00".repeat(32)}`],
  });
  for (const data of [sweep, unwrap, pull, permit]) {
    expect(codes(data)).toEqual(["FUNCTION_NOT_ALLOWED"]);
    expect(codes(within(1_000n, single(), data))).toEqual(["FUNCTION_NOT_ALLOWED"]);
  }
});

test("native coin along with a swap is denied", () => {
  expect(decode(single(), 1n).unknown.map(({ code }) => code)).toEqual(["MALFORMED_CALL"]);
});

const path = (...parts: readonly (Address | number)[]) =>
  encodePacked(
    parts.map((part) => (typeof part === "number" ? "uint24" : "address")),
    [...parts] as never,
  );
const along = (bytes: Hex, recipient: Address = WALLET, amountIn = 10n ** 18n, amountOutMinimum = 1n) =>
  encodeFunctionData({ abi, functionName: "exactInput", args: [{ path: bytes, recipient, amountIn, amountOutMinimum }] });

test("a path is read hop by hop, each through a pinned pool", () => {
  const meaning = decode(along(path(WETH, 500, USDC, 3000, GOV)));
  expect([flows(meaning.gives), meaning.pools, meaning.unknown]).toEqual([["wallet 1 base/WETH"], ["WETH-USDC", "GOV-USDC"], []]);
  expect(codes(along(path(WETH, 10_000, GOV, 3000, USDC)))).toEqual(["POOL_NOT_ALLOWED"]);
  expect(codes(along(path(WETH, 500, STRANGER, 500, USDC)))).toEqual(
    expect.arrayContaining(["TOKEN_NOT_ALLOWED", "POOL_NOT_ALLOWED"]),
  );
  expect(codes(along(path(WETH, 500, USDC, 500, WETH)))).toContain("MALFORMED_CALL");
  expect(codes(along(path(WETH, 500, USDC), placeholder(0)))).toEqual(["RECIPIENT_NOT_ALLOWED"]);
  expect(codes(along(path(WETH, 500, USDC), WALLET, 0n))).toEqual(["MALFORMED_CALL"]);
});

test("what is no path is denied", () => {
  const whole = path(WETH, 500, USDC);
  const bent: readonly Hex[] = ["0x", path(WETH), whole.slice(0, -2) as Hex, `${whole}00`, `${whole}${"00".repeat(22)}`];
  for (const bytes of bent) {
    expect(codes(along(bytes))).toEqual(["MALFORMED_CALL"]);
  }
});

const exactOut = (
  change: { readonly sqrtPriceLimitX96?: bigint; readonly amountInMaximum?: bigint; readonly amountOut?: bigint } = {},
) =>
  encodeFunctionData({
    abi,
    functionName: "exactOutputSingle",
    args: [
      {
        tokenIn: WETH,
        tokenOut: USDC,
        fee: 500,
        recipient: WALLET,
        amountOut: 299_000_000n,
        amountInMaximum: 10n ** 17n,
        sqrtPriceLimitX96: 0n,
        ...change,
      },
    ],
  });

test("an exact output gives at most its maximum and gets exactly its amount, unless a price limit may cut it short", () => {
  const meaning = decode(exactOut());
  expect([flows(meaning.gives), flows(meaning.gets), meaning.unknown]).toEqual([
    ["wallet 0.1 base/WETH"],
    ["wallet 299 base/USDC"],
    [],
  ]);
  expect(codes(exactOut({ sqrtPriceLimitX96: 1n }))).toEqual(["NO_FLOOR"]);
  expect(decode(exactOut({ sqrtPriceLimitX96: 1n })).gets).toEqual([]);
  expect(codes(exactOut({ amountOut: 0n }))).toEqual(["NO_FLOOR"]);
  expect(codes(exactOut({ amountInMaximum: 0n }))).toEqual(["MALFORMED_CALL"]);
});
