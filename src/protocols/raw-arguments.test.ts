import { encodeFunctionData, erc20Abi as viemErc20Abi } from "viem";
import { expect, test } from "vitest";
import { decodeCall } from "./decode-call.ts";
import { encodeApprove, erc20Abi } from "./erc20.ts";
import { functionsOf } from "./raw-arguments.ts";
import { CONTEXT, ROUTER, USDC, WETH } from "./testing/context.ts";
import { router02Abi } from "./uniswap-v3/abi.ts";
import { encodeSwap } from "./uniswap-v3/router02.ts";

const swap = (fee: number) =>
  encodeFunctionData({
    abi: router02Abi,
    functionName: "exactInputSingle",
    args: [
      {
        tokenIn: WETH,
        tokenOut: USDC,
        fee,
        recipient: ROUTER,
        amountIn: 10n ** 18n,
        amountOutMinimum: 5n,
        sqrtPriceLimitX96: 0n,
      },
    ],
  });

test("arguments are the ABI's: raw integers in digits, addresses in lower case", () => {
  expect(decodeCall(CONTEXT, encodeApprove(USDC, ROUTER, 1_500_000n)).call.raw).toEqual({ spender: ROUTER, amount: "1500000" });
});

test("each call within a multicall within a multicall has the arguments of its own bytes", () => {
  const within = encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [[swap(3000)]] });
  const data = encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [77n, [swap(500), within]] });
  const { call } = decodeCall(CONTEXT, { to: ROUTER, data, value: 0n });
  expect(call.raw).toMatchObject({ deadline: "77" });
  expect(call.inner[0]?.raw).toMatchObject({ params: { fee: "500", tokenIn: WETH, amountIn: (10n ** 18n).toString() } });
  expect(call.inner[1]?.inner[0]?.raw).toMatchObject({ params: { fee: "3000" } });
});

test("an encoded swap can be held to its fee whichever way it is wrapped", () => {
  const call = encodeSwap({
    router: ROUTER,
    tokenIn: WETH,
    tokenOut: USDC,
    fee: 500,
    recipient: ROUTER,
    amountIn: 1n,
    amountOutMinimum: 1n,
    deadline: 5n,
  });
  expect(decodeCall(CONTEXT, call).call.inner[0]?.raw).toMatchObject({ params: { fee: "500" } });
});

test("bytes that are no call have no arguments", () => {
  expect(decodeCall(CONTEXT, { to: ROUTER, data: swap(500).slice(0, 74) as `0x${string}`, value: 0n }).call.raw).toBeUndefined();
  expect(decodeCall(CONTEXT, { to: ROUTER, data: "0x", value: 0n }).call.raw).toBeUndefined();
});

test("functions of a kind are those that change something", () => {
  expect(functionsOf("erc20")).toContain("approve");
  expect(functionsOf("erc20")).not.toContain("balanceOf");
  expect(functionsOf("uniswap-v3-factory")).toBeUndefined();
  expect(functionsOf("constructor")).toBeUndefined();
});

test("the token's functions and events are those that viem knows of ERC-20", () => {
  expect(viemErc20Abi).toMatchObject(erc20Abi);
});
