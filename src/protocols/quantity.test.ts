import fc from "fast-check";
import { toHex } from "viem";
import { expect, test } from "vitest";
import { RpcError } from "./json-rpc.ts";
import { count, quantity, seconds } from "./quantity.ts";

test("every number that a node can write is read", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => quantity("m", toHex(value)) === value));
  expect(count("m", "0x1fffffffffffff")).toBe(Number.MAX_SAFE_INTEGER);
  expect(seconds("m", "0x6950c2b0")).toBe(1_766_900_400);
});

test.each(["", " ", "0x", "0xzz", "-0x1", "-5", "12", "NaN", `0x${"f".repeat(65)}`, null, undefined, true, 7, 1e308, [], {}])(
  "%j is no number, whatever JavaScript makes of it",
  (told) => {
    expect(() => quantity("eth_getBalance", told)).toThrow(RpcError);
  },
);

test("what is too large to count, or no instant, is none either", () => {
  expect(() => count("eth_blockNumber", "0x20000000000000")).toThrow(RpcError);
  expect(() => seconds("eth_getBlockByNumber", "0xffffffffffff")).toThrow(RpcError);
});
