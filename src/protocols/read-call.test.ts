import fc from "fast-check";
import { encodeFunctionData, erc20Abi, parseAbi } from "viem";
import { expect, test } from "vitest";
import { encodeAllowance, encodeBalanceOf } from "./erc20.ts";
import { bySelector, callReader } from "./read-call.ts";
import { router02Abi } from "./uniswap-v3/abi.ts";

const WHO = "0x00000000000000000000000000000000000000aa";
const OTHER = "0x00000000000000000000000000000000000000bb";
const address = fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }).map((n) => `0x${n.toString(16).padStart(40, "0")}` as const);

test("a call is read as it was written, by whichever function of a name it is", () => {
  const read = callReader(router02Abi);
  expect(read(encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [["0x1234"]] }))).toEqual({
    functionName: "multicall",
    args: [["0x1234"]],
  });
  expect(read(encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [7n, []] }))?.args).toEqual([7n, []]);
});

test("a call without arguments has none, and none may follow it", () => {
  const read = callReader(parseAbi(["function deposit() payable"]));
  expect(read("0xd0e30db0")).toEqual({ functionName: "deposit", args: undefined });
  expect(read("0xd0e30db000")).toBeUndefined();
});

test("trailing bytes, dirty padding, cut words and strangers' functions are no call of an ABI", () => {
  const read = callReader(erc20Abi);
  const good = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [WHO, 5n] });
  expect(read(good)?.functionName).toBe("transfer");
  expect(read(`${good}00`)).toBeUndefined();
  expect(read(`${good.slice(0, 10)}01${good.slice(12)}` as typeof good)).toBeUndefined();
  expect(read(good.slice(0, -2) as typeof good)).toBeUndefined();
  expect(read("0x12345678")).toBeUndefined();
  expect(read("0x")).toBeUndefined();
});

test("what is written by hand of an ERC-20 is what the ABI writes", () => {
  fc.assert(
    fc.property(address, address, (owner, spender) => {
      expect(encodeBalanceOf(owner)).toBe(encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [owner] }));
      const allowance = encodeFunctionData({ abi: erc20Abi, functionName: "allowance", args: [owner, spender] });
      expect(encodeAllowance(owner, spender)).toBe(allowance);
    }),
  );
  expect(() => encodeAllowance(OTHER, "0x12")).toThrow("0x12 is no address");
});

test("of two functions with one selector the first is read", () => {
  const abi = parseAbi(["function transfer(address to, uint256 amount)", "function transfer(address to, uint256 id)"]);
  expect(bySelector(abi).get("0xa9059cbb")?.inputs[1]?.name).toBe("amount");
});
