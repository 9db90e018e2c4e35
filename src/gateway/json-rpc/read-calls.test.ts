import { expect, test } from "vitest";
import { readCalls } from "./read-calls.ts";

const CALL = { jsonrpc: "2.0", id: 7, method: "eth_chainId", params: [] };

test("a call and a batch are told apart, and params may be left out", () => {
  expect(readCalls(JSON.stringify(CALL))).toEqual({ batch: false, calls: [{ id: 7, method: "eth_chainId", params: [] }] });
  const { params: _params, ...bare } = CALL;
  expect(readCalls(JSON.stringify([bare, bare]))).toMatchObject({ batch: true, calls: [{ params: [] }, { params: [] }] });
});

test("a batch has one to twenty calls", () => {
  expect(readCalls(JSON.stringify(Array(20).fill(CALL))).calls).toHaveLength(20);
  for (const length of [0, 21]) {
    expect(() => readCalls(JSON.stringify(Array(length).fill(CALL)))).toThrow(expect.objectContaining({ rpcCode: -32600 }));
  }
});

test("what is no call is answered as such, under its own id where it has one", () => {
  const bad: readonly (readonly [unknown, unknown])[] = [
    [{ ...CALL, extra: 1 }, 7],
    [{ ...CALL, jsonrpc: "1.0" }, 7],
    [{ ...CALL, params: { to: "0x" } }, 7],
    [{ ...CALL, method: 1 }, 7],
    [{ ...CALL, params: Array(9).fill(null) }, 7],
    [{ ...CALL, id: undefined }, null],
    [{ ...CALL, id: 1.5 }, null],
    [{ ...CALL, id: {} }, null],
    [[CALL], null],
    ["eth_chainId", null],
    [null, null],
  ];
  for (const [message, id] of bad) {
    const [call] = readCalls(JSON.stringify([message])).calls;
    expect(call, JSON.stringify(message)).toMatchObject({ id, error: { rpcCode: -32600 } });
  }
});
