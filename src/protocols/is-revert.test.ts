import { expect, test } from "vitest";
import { isRevert } from "./is-revert.ts";
import { RpcError } from "./json-rpc.ts";
import { HttpRequestError, RpcRequestError, TimeoutError } from "./request-errors.ts";

const refused = (code: number, message: string) => new RpcError("eth_call", new RpcRequestError({ code, message }));

test.each([
  [3, "execution reverted: BLOCKED"],
  [-32000, "execution reverted"],
  [-32000, "out of gas"],
  [-32000, "invalid opcode: INVALID"],
  [-32603, "EVM error OutOfGas"],
  [-32015, "VM execution error."],
])("a contract refused: %i %s", (code, message) => {
  expect(isRevert(refused(code, message))).toBe(true);
});

test.each([
  [-32000, "header not found"],
  [-32005, "limit exceeded"],
  [-32601, "the method does not exist"],
])("a node refused: %i %s", (code, message) => {
  expect(isRevert(refused(code, message))).toBe(false);
});

test("what was not answered is no contract's word, whatever a proxy says on the way", () => {
  for (const cause of [new HttpRequestError("the gateway reverted the request", { status: 502 }), new TimeoutError()]) {
    expect(isRevert(new RpcError("eth_call", cause))).toBe(false);
  }
  expect(isRevert(new Error("execution reverted"))).toBe(false);
});
